"""Metrics of one result and its HR."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from srbench.api import ImagePair, LooksAt, Metric, Planes
from srbench.errors import MethodError, SRBenchError, UndefinedMetricError, message_of
from srbench.isolation import contained
from srbench.metrics.pair.arrays import ArrayPair

_DATA_RANGE = 255.0
"""Distance from black to white under every protocol, in 8-bit levels."""


class Scores(NamedTuple):
    """Metric values by metric name; None if a metric is undefined.

    Attributes:
        values: Values in the metrics' units.
        undefined: Reasons for undefined values.
        remarks: Remarks that metrics make on their values.
    """

    values: dict[str, float | None]
    undefined: dict[str, str]
    remarks: dict[str, str]


def compare(sr: Planes, hr: Planes) -> ImagePair:
    """Pair two images that a protocol has prepared, for statistics on the device that holds them.

    Args:
        sr: uint8 or float64, (C, H, W), 0…255; an array, or a tensor on a GPU.
        hr: Same shape, on the same device.

    Raises:
        ImageError: The shapes differ, an image is empty, or a sample is not finite.
    """
    if isinstance(sr, np.ndarray):
        return ArrayPair(sr, hr, _DATA_RANGE, single=True)
    from srbench.metrics.pair.tensors import TensorPair

    return TensorPair(sr, hr, _DATA_RANGE)


def score(pair: Callable[[LooksAt], ImagePair], metrics: Sequence[Metric]) -> Scores:
    """Compute metrics of one result and its HR; a metric that raises has no value and does not affect the others.

    Args:
        pair: Returns the pair of what a metric looks at; called for each metric, so that it should remember pairs. Its
            UndefinedMetricError concerns the metric, another error all metrics.
        metrics: Metrics to compute.
    """
    values: dict[str, float | None] = {}
    undefined: dict[str, str] = {}
    remarks: dict[str, str] = {}
    for metric in metrics:
        values[metric.name] = None
        try:
            images = pair(metric.looks_at)
        except UndefinedMetricError as error:
            undefined[metric.name] = message_of(error)
            continue
        try:
            with contained(MethodError, "raised"):  # the state may be that of a method beside it
                value, remark = metric.of(images)
        except SRBenchError as error:
            undefined[metric.name] = message_of(error)
            continue
        if math.isfinite(value):
            values[metric.name] = value
        else:
            other = "LR" if metric.looks_at == "lr" else "HR"
            hint = "" if math.isnan(value) else f" (is the result identical to {other}?)"
            undefined[metric.name] = f"{value} for this image{hint}"
        if remark:
            remarks[metric.name] = remark
    return Scores(values, undefined, remarks)
