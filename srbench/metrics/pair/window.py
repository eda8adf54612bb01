"""SSIM's window and constants, and shape checks; shared by arrays and tensors."""

import math

import numpy as np
from numpy.typing import NDArray

from srbench.errors import ImageError, UndefinedMetricError

Floats = NDArray[np.float64]
WINDOW = 11
"""Side of SSIM's Gaussian window in pixels (Wang et al. 2004, section III-B)."""

_SIGMA = 1.5
_K1, _K2 = 0.01, 0.03
_RADIUS = WINDOW // 2
GAUSSIAN: Floats = np.exp(-(np.arange(-_RADIUS, _RADIUS + 1) ** 2) / (2 * _SIGMA**2))
"""Weights of SSIM's window along one axis, (11,), with the sum 1."""

GAUSSIAN /= GAUSSIAN.sum()


def check_shapes(sr: tuple[int, ...], hr: tuple[int, ...]) -> tuple[int, int, int]:
    """Return the common shape of two images as (C, H, W).

    Raises:
        ImageError: The shapes differ, are not 2-D or 3-D, or are empty.
    """
    if sr != hr:
        raise ImageError(f"images of shapes {sr} and {hr} cannot be compared; give both one shape, such as by cropping")
    if len(sr) not in (2, 3) or math.prod(sr) == 0:
        raise ImageError(f"expected images of shape (C, H, W) or (H, W) with at least one sample, got {sr}")
    return (sr[0] if len(sr) == 3 else 1, sr[-2], sr[-1])


def check_level(level: int) -> None:
    """Raise ValueError if the number of halvings is negative, which would count levels from the coarsest."""
    if level < 0:
        raise ValueError(f"level {level}: expected the number of times to halve both images, 0 or more")


def check_window(shape: tuple[int, ...]) -> None:
    """Raise UndefinedMetricError if a side is shorter than SSIM's window."""
    if min(shape[-2:]) < WINDOW:
        raise UndefinedMetricError(
            f"{shape[-1]}×{shape[-2]} pixels are scored; SSIM's window needs {WINDOW} on each side"
        )


def ssim_constants(data_range: float) -> tuple[float, float]:
    """Return SSIM's constants (C1, C2) for a data range."""
    return (_K1 * data_range) ** 2, (_K2 * data_range) ** 2
