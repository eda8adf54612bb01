"""Squared errors of a result and HR at every small whole-pixel shift, and the pixels that are shared at a shift."""

import math
from itertools import product
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from srbench.api import ImagePair
from srbench.errors import UndefinedMetricError

Planes = NDArray[Any]

LIMIT = 3
"""Largest shift in pixels, in each direction."""

SMALLEST_SIDE = 2 * LIMIT + 1
"""Smallest side in pixels, 7: at every shift, the images share more than half of each side."""


class Shift(NamedTuple):
    """Movement of the result in whole pixels; negative numbers move it left and up.

    Attributes:
        right: Columns; the result's pixel (y, x) is compared with HR's pixel (y + down, x + right).
        down: Rows.
    """

    right: int
    down: int


def shared(sr: Planes, hr: Planes, shift: Shift) -> tuple[Planes, Planes]:
    """Return the pixels that the moved result and HR share, as views of one shape, (C, H - |down|, W - |right|).

    Args:
        sr: (C, H, W).
        hr: Same shape.
        shift: Movement of `sr`.
    """
    _, height, width = sr.shape
    right, down = shift
    ours = sr[:, max(0, -down) : height - max(0, down), max(0, -right) : width - max(0, right)]
    theirs = hr[:, max(0, down) : height - max(0, -down), max(0, right) : width - max(0, -right)]
    return ours, theirs


def squared_errors(pair: ImagePair) -> dict[Shift, float]:
    """Return the mean of (sr - hr)² over the shared pixels, at all 49 shifts of up to 3 pixels in both directions.

    Shifts begin with the farthest down and right, row by row, and end with the farthest up and left.

    Raises:
        UndefinedMetricError: A side is shorter than 7 pixels.
    """
    _, height, width = pair.shape
    if min(height, width) < SMALLEST_SIDE:
        raise UndefinedMetricError(
            f"{width}×{height} pixels are compared; shifts by up to {LIMIT} need {SMALLEST_SIDE} on each side"
        )
    sr, hr = pair.arrays()
    steps = range(LIMIT, -LIMIT - 1, -1)
    return {shift: _squared_error(*shared(sr, hr, shift)) for shift in (Shift(x, y) for y, x in product(steps, steps))}


def _squared_error(sr: Planes, hr: Planes) -> float:
    sums = [cv2.norm(a, b, cv2.NORM_L2SQR) for a, b in zip(sr, hr, strict=True)]
    if sr.dtype == np.uint8:
        sums = [round(total) for total in sums]  # OpenCV squares a square root, so that equal sums would differ
    return math.fsum(sums) / sr.size
