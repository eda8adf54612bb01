"""One upscaled image against its HR under one protocol."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from srbench.api import Metric
from srbench.errors import UndefinedMetricError
from srbench.metrics.comparison import ArrayComparison, Comparison
from srbench.protocol import Protocol

__all__ = ["Planes", "Scores", "compare", "compared", "located", "score"]

Planes = Any
"""uint8 or float64, (C, H, W), 0…255: an array, or a tensor on a GPU."""


class Scores(NamedTuple):
    """Values by metric name; None, with the reason in `undefined`, where a metric has none."""

    values: dict[str, float | None]
    undefined: dict[str, str]


def located(image: NDArray[Any], device: str) -> Planes:
    """An image where results are compared: as it is for the processor, else copied to the device, once."""
    if device == "cpu":
        return image
    import torch  # here, because arrays need none

    return torch.from_numpy(np.ascontiguousarray(image)).to(device, non_blocking=True)


def compared(protocol: Protocol, image: Planes, scale: int) -> Planes:
    """`Protocol.compared`, where the image lies.

    Raises:
        ImageError: Nothing is left inside the border.
    """
    if isinstance(image, np.ndarray):
        return protocol.compared(image, scale)
    from srbench.protocol.tensors import compared_on_device

    return compared_on_device(protocol, image, scale)


def compare(sr: Planes, hr: Planes) -> Comparison:
    """Two images that a protocol has prepared, to be scored where they lie.

    Raises:
        ImageError: They cannot be compared.
    """
    if isinstance(sr, np.ndarray):
        return ArrayComparison(sr, hr, single=True)
    from srbench.metrics.tensors import TensorComparison

    return TensorComparison(sr, hr)


def score(pair: Comparison, metrics: Sequence[Metric]) -> Scores:
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
