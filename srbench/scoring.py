"""One upscaled image against its HR under one protocol."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from numpy.typing import NDArray

from srbench.api import Metric
from srbench.errors import UndefinedMetricError

__all__ = ["Scores", "score"]


class Scores(NamedTuple):
    """Values by metric name; None, with the reason in `undefined`, where a metric has none."""

    values: dict[str, float | None]
    undefined: dict[str, str]


def score(sr: NDArray[Any], hr: NDArray[Any], metrics: Sequence[Metric]) -> Scores:
    """Apply metrics to two images that a protocol has prepared.

    Args:
        sr: uint8 or float64, (C, H, W), 0…255.
        hr: The same shape.
        metrics: Which.

    Raises:
        ImageError: The images cannot be compared.
    """
    values: dict[str, float | None] = {}
    undefined: dict[str, str] = {}
    for metric in metrics:
        values[metric.name] = None
        try:
            value = metric.function(sr, hr)
        except UndefinedMetricError as error:
            undefined[metric.name] = str(error)
            continue
        if math.isfinite(value):
            values[metric.name] = value
        else:
            undefined[metric.name] = f"{value} for this image (is the result identical to HR?)"
    return Scores(values, undefined)
