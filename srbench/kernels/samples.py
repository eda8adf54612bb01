"""Loops over samples one by one: luma, and rounding to 8 bits."""

from __future__ import annotations

from typing import Any

import numpy as np

from srbench.kernels.compiled import compiled

__all__ = ["luma_rows", "quantise_flat"]


@compiled()
def luma_rows(rgb: Any, weights: Any, offset: float, out: Any, start: int, stop: int) -> None:
    """Weighted sum of three planes and an offset, added in this order, rows start…stop.

    Args:
        rgb: (3, H, W), any type.
        weights: float64, (3,).
        offset: Added last.
        out: float64, (H, W).
        start: First row.
        stop: The row after the last.
    """
    a, b, c = weights[0], weights[1], weights[2]
    for row in range(start, stop):
        red, green, blue, line = rgb[0, row], rgb[1, row], rgb[2, row], out[row]
        for j in range(out.shape[1]):
            line[j] = a * np.float64(red[j]) + b * np.float64(green[j]) + c * np.float64(blue[j]) + offset


@compiled()
def quantise_flat(values: Any, factor: float, tie: float, limit: float, out: Any, start: int, stop: int) -> int:
    """Round values · factor + tie half up, clipped to 0…255, in float64; samples start…stop.

    Args:
        values: float, (N,).
        factor: Brings them to 0…255.
        tie: What lies so near below a half is rounded up too.
        limit: Largest magnitude a value should have.
        out: uint8, (N,); anything where a value is NaN.
        start: First sample.
        stop: The sample after the last.

    Returns:
        How many values are NaN, or larger than they should be.
    """
    strange = 0
    for j in range(start, stop):
        strange += not abs(values[j]) <= limit
        out[j] = np.uint8(min(max(np.floor(np.float64(values[j]) * factor + tie + 0.5), 0.0), 255.0))
    return strange
