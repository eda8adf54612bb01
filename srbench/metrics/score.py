"""Metrics applied to one result and its HR."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from srbench.api import Metric, Planes
from srbench.errors import UndefinedMetricError
from srbench.metrics.pair.arrays import ArrayPair
from srbench.metrics.pair.pair import ImagePair

__all__ = ["Scores", "compare", "score"]


class Scores(NamedTuple):
    """Values by metric name; None, with the reason in `undefined`, where a metric has none."""

    values: dict[str, float | None]
    undefined: dict[str, str]


def compare(sr: Planes, hr: Planes) -> ImagePair:
    """Two images that a protocol has prepared, to be scored where they lie.

    Raises:
        ImageError: They cannot be compared.
    """
    if isinstance(sr, np.ndarray):
        return ArrayPair(sr, hr, single=True)
    from srbench.metrics.pair.tensors import TensorPair

    return TensorPair(sr, hr)


def score(pair: ImagePair, metrics: Sequence[Metric]) -> Scores:
    """Apply metrics to two images that a protocol has prepared.

    Args:
        pair: The images, 0…255.
        metrics: Which.
    """
    values: dict[str, float | None] = {}
    undefined: dict[str, str] = {}
    for metric in metrics:
        values[metric.name] = None
        try:
            value = metric.formula(pair)
        except UndefinedMetricError as error:
            undefined[metric.name] = str(error)
            continue
        if math.isfinite(value):
            values[metric.name] = value
        else:
            undefined[metric.name] = f"{value} for this image (is the result identical to HR?)"
    return Scores(values, undefined)
