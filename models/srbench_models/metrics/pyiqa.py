"""Metrics of the library pyiqa, which the user installs; its licence allows noncommercial use only."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import metadata
from typing import Any

import torch

from srbench.api import Formula, ImagePair, MetricInfo, MetricRequest
from srbench.errors import RequestError, suggest
from srbench_models.libraries import loaded

__all__ = ["describe", "load"]

_INSTALL = "pip install pyiqa (for noncommercial use)"
_SEED = 123
"""Seed of metrics that look at random crops."""


def describe(variant: str) -> MetricInfo:
    """Return direction and unit of one of pyiqa's metrics, with the library's version and licence as remark.

    Raises:
        RuntimeMissingError: pyiqa is not installed, or cannot be loaded.
        RequestError: pyiqa has no such metric, or one that scores a set of images as a whole.
    """
    rules = _rules(variant)
    about = metadata("pyiqa").json
    licence = about.get("license_expression") or about.get("license") or "licence unknown"
    reference = "the result alone" if rules["metric_mode"] == "NR" else "the result and HR"
    return MetricInfo(
        name=variant,
        unit="",
        higher_is_better=not rules.get("lower_better", False),
        decimals=4,
        summary=f"pyiqa's {variant}, of {reference}",
        remark=f"computed by pyiqa {about['version']} ({licence}); its weights have licences of their own",
    )


def load(request: MetricRequest) -> Formula:
    """Load one of pyiqa's metrics; it downloads its weights on first use.

    Raises:
        RuntimeMissingError: pyiqa is not installed, or cannot be loaded.
        RequestError: pyiqa has no such metric.
    """
    rules = _rules(request.variant)
    metric = loaded("pyiqa", "pyiqa", _INSTALL).create_metric(request.variant, device=torch.device(request.device))

    def value(pair: ImagePair) -> float:
        sr, hr = ((image.to(request.device).float() / 255)[None] for image in pair.tensors())
        images = (sr,) if rules["metric_mode"] == "NR" else (sr, hr)
        with torch.inference_mode(), torch.random.fork_rng():
            torch.manual_seed(_SEED)
            return float(metric(*images))

    return value


def _rules(variant: str) -> Mapping[str, Any]:
    known: Mapping[str, Mapping[str, Any]] = loaded("pyiqa.default_model_configs", "pyiqa", _INSTALL).DEFAULT_CONFIGS
    if variant not in known:
        raise RequestError(f"pyiqa has no metric {variant!r}{suggest(variant, known)}")
    if known[variant].get("metric_mode") not in ("NR", "FR") or "fid" in variant or variant == "inception_score":
        raise RequestError(f"pyiqa's {variant} scores a set of images as a whole; srbench scores image by image")
    return known[variant]
