"""How far a result is from HR in sharpness, whether blurred or exaggerated."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from srbench.errors import UndefinedMetricError
from srbench.metrics.checks import comparable

__all__ = ["sharpness_error"]


def sharpness_error(sr: NDArray[Any], hr: NDArray[Any]) -> float:
    """|10·log10(E(sr) / E(hr))|, where E is the mean square of the Laplacian: the image's high-frequency energy.

    A blurred result has less of it than HR, a result with invented noise more. Of two results with the same PSNR the
    one nearer 0 looks the sharper, or the less noisy; the metric does not see whether detail is in the right place.

    Args:
        sr: uint8 or float, (C, H, W) or (H, W); at least 3 pixels on each side.
        hr: Same shape, range and colour.

    Returns:
        ≥ 0, in dB.

    Raises:
        ImageError: The images cannot be compared.
        UndefinedMetricError: An image is smaller than the Laplacian, or has no detail at all.

    Source: energy of the Laplacian, a focus measure: M. Subbarao, T. Choi, A. Nikzad, 1993, doi:10.1117/12.147706.

    Example:
        >>> checks = np.indices((4, 4)).sum(0) % 2 * 1.0
        >>> round(sharpness_error(checks / 10, checks), 6)
        20.0
    """
    a, b = comparable(sr, hr)
    if min(a.shape[1:]) < 3:
        raise UndefinedMetricError(f"sharpness needs 3 pixels on each side, the image is {a.shape[2]}×{a.shape[1]}")
    ours, theirs = _energy(a), _energy(b)
    if ours == 0 or theirs == 0:
        raise UndefinedMetricError("sharpness has no value where an image has no detail at all")
    return abs(10 * math.log10(ours / theirs))


def _energy(image: NDArray[np.float64]) -> float:
    """Mean square of the four-neighbour Laplacian over the pixels that have all four."""
    middle = image[:, 1:-1, 1:-1]
    around = image[:, :-2, 1:-1] + image[:, 2:, 1:-1] + image[:, 1:-1, :-2] + image[:, 1:-1, 2:]
    return float(np.mean((around - 4 * middle) ** 2))
