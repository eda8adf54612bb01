"""What every metric asks of its two images."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from srbench.errors import ImageError

__all__ = ["Floats", "comparable"]

Floats = NDArray[np.float64]


def comparable(sr: NDArray[Any], hr: NDArray[Any]) -> tuple[Floats, Floats]:
    """Both images as finite float64 planes.

    Args:
        sr: uint8 or float, (C, H, W) or (H, W).
        hr: The same shape.

    Returns:
        Two float64 arrays, (C, H, W).

    Raises:
        ImageError: The shapes differ, an image is empty, of other dimension, or not finite.
    """
    if sr.shape != hr.shape:
        raise ImageError(f"images of shapes {sr.shape} and {hr.shape} cannot be compared; crop them alike first")
    if sr.ndim not in (2, 3) or sr.size == 0:
        raise ImageError(f"expected images of shape (C, H, W) or (H, W) with at least one sample, got {sr.shape}")
    planes = [np.asarray(image, dtype=np.float64).reshape(-1, *image.shape[-2:]) for image in (sr, hr)]
    if not all(np.isfinite(image).all() for image in planes):
        raise ImageError("an image holds NaN or infinite samples; metrics need finite ones")
    return planes[0], planes[1]
