"""Compiled loops for resampling, luma and rounding."""

from typing import Any

import numpy as np

from srbench.parallel import compiled

_BLOCK = 32
"""Output rows per block; the inner loop of the second pass runs over them."""


@compiled()
def resize_rows(
    image: Any,
    out: Any,
    down: Any,
    down_weights: Any,
    right: Any,
    right_weights: Any,
    whole: bool,
    start: int,
    stop: int,
) -> None:
    """Resample one plane along columns, then along rows, into rows start…stop - 1 of `out`.

    Taps are added in order, in the dtype of the weights, without fused multiply-adds: bit-identical on every machine.

    Args:
        image: (H, W), any dtype.
        out: (H', W').
        down: (H', taps), input rows of each output row.
        down_weights: (H', taps), in the dtype to compute in.
        right: (W', taps), input columns of each output column.
        right_weights: (W', taps), same dtype.
        whole: Whether to round halves up and clip to 0…255 after each of the two passes.
        start: First row of `out`.
        stop: The row after the last.
    """
    width = image.shape[1]
    kind = down_weights.dtype.type
    half, top, bottom = kind(0.5), kind(255), kind(0)
    line = np.empty(width, down_weights.dtype)
    # Zeros, because the loops below also add the unused rows of the last block.
    turned = np.zeros((width, _BLOCK), down_weights.dtype)
    total = np.empty(_BLOCK, down_weights.dtype)
    fours_down, fours_right = down.shape[1] // 4 * 4, right.shape[1] // 4 * 4
    for first in range(start, stop, _BLOCK):
        count = min(_BLOCK, stop - first)
        for r in range(count):
            line[:] = 0
            rows, weights = down[first + r], down_weights[first + r]
            for t in range(0, fours_down, 4):
                a, b, c, d = image[rows[t]], image[rows[t + 1]], image[rows[t + 2]], image[rows[t + 3]]
                u, v, w, z = weights[t], weights[t + 1], weights[t + 2], weights[t + 3]
                for j in range(width):
                    line[j] = (((line[j] + kind(a[j]) * u) + kind(b[j]) * v) + kind(c[j]) * w) + kind(d[j]) * z
            for t in range(fours_down, down.shape[1]):
                source = image[rows[t]]
                weight = weights[t]
                for j in range(width):
                    line[j] += kind(source[j]) * weight
            if whole:
                for j in range(width):
                    line[j] = np.floor(min(max(line[j] + half, bottom), top))
            for j in range(width):
                turned[j, r] = line[j]
        for column in range(out.shape[1]):
            total[:] = 0
            columns, weights = right[column], right_weights[column]
            for t in range(0, fours_right, 4):
                e, f, g, h = turned[columns[t]], turned[columns[t + 1]], turned[columns[t + 2]], turned[columns[t + 3]]
                u, v, w, z = weights[t], weights[t + 1], weights[t + 2], weights[t + 3]
                for r in range(_BLOCK):
                    total[r] = (((total[r] + e[r] * u) + f[r] * v) + g[r] * w) + h[r] * z
            for t in range(fours_right, right.shape[1]):
                source = turned[columns[t]]
                weight = weights[t]
                for r in range(_BLOCK):
                    total[r] += source[r] * weight
            if whole:
                for r in range(_BLOCK):
                    total[r] = np.floor(min(max(total[r] + half, bottom), top))
            for r in range(count):
                out[first + r, column] = total[r]


@compiled()
def luma_rows(rgb: Any, weights: Any, offset: float, out: Any, start: int, stop: int) -> None:
    """Add three weighted planes, (3, H, W), then an offset, into rows start…stop - 1 of `out`, float64, (H, W)."""
    a, b, c = weights[0], weights[1], weights[2]
    for row in range(start, stop):
        red, green, blue, line = rgb[0, row], rgb[1, row], rgb[2, row], out[row]
        for j in range(out.shape[1]):
            line[j] = a * np.float64(red[j]) + b * np.float64(green[j]) + c * np.float64(blue[j]) + offset


@compiled()
def quantise_flat(values: Any, factor: float, tie: float, limit: float, out: Any, start: int, stop: int) -> int:
    """Compute values · factor + tie in float64, rounded half up and clipped to 0…255, for samples start…stop - 1.

    Args:
        values: float, (N,).
        factor: Multiplier that brings values to 0…255.
        tie: Values at most this far below a half are rounded up too.
        limit: Largest plausible magnitude of a value.
        out: uint8, (N,); undefined where a value is NaN.
        start: First sample.
        stop: The sample after the last.

    Returns:
        Number of values that are NaN or beyond the limit.
    """
    strange = 0
    for j in range(start, stop):
        strange += not abs(values[j]) <= limit
        out[j] = np.uint8(min(max(np.floor(np.float64(values[j]) * factor + tie + 0.5), 0.0), 255.0))
    return strange
