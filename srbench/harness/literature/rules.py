"""Common deviations from a protocol: planes, rounding, border, SSIM window, downscaling library."""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from PIL import Image as Pil

from srbench.api import Image, Planes
from srbench.protocols import imresize, luma, quantise

__all__ = ["LR", "PLANES", "SCORINGS", "SSIMS", "SSIM_WINDOW"]


def _full_range(image: Planes) -> Planes:
    """JPEG luma, (1, H, W), 0…255."""
    red, green, blue = image.astype(np.float64)
    plane: Planes = (0.299 * red + 0.587 * green + 0.114 * blue)[None]
    return plane


def _opencv(image: Image, size: tuple[int, int], how: int) -> Image:
    shrunk = cv2.resize(np.ascontiguousarray(image.transpose(1, 2, 0)), (size[1], size[0]), interpolation=how)
    return np.ascontiguousarray(np.asarray(shrunk, np.uint8).transpose(2, 0, 1))


def _pillow(image: Image, size: tuple[int, int], how: Pil.Resampling) -> Image:
    picture = Pil.fromarray(np.ascontiguousarray(image.transpose(1, 2, 0)))
    return np.ascontiguousarray(np.asarray(picture.resize((size[1], size[0]), how)).transpose(2, 0, 1))


PLANES: dict[str, Callable[[Image], Planes]] = {
    "y": luma,
    "rounded y": lambda image: quantise(luma(image)),
    "full-range y": _full_range,
    "rgb": lambda image: image,
}

# Name, planes, and the border: a multiple of the scale plus a number of pixels; None for what the base protocol has.
SCORINGS: tuple[tuple[str, str | None, tuple[int, int] | None], ...] = (
    ("Y", "y", None),
    ("Y rounded to 8 bits", "rounded y", None),
    ("Y of full range", "full-range y", None),
    ("RGB", "rgb", None),
    ("no border cut", None, (0, 0)),
    ("no border cut, Y rounded", "rounded y", (0, 0)),
    ("border of scale + 6", None, (1, 6)),
    ("border of scale + 6, Y rounded", "rounded y", (1, 6)),
)

SSIMS: dict[str, dict[str, Any]] = {
    "SSIM of a uniform 7 × 7 window": {},
    "SSIM of sample covariances": {"gaussian_weights": True, "sigma": 1.5},
}
SSIM_WINDOW = 11

LR: dict[str, Callable[[Image, tuple[int, int]], Image]] = {
    "MATLAB's imresize, replicated border": lambda image, size: imresize(image, size, border="replicate"),
    "OpenCV cubic": lambda image, size: _opencv(image, size, cv2.INTER_CUBIC),
    "OpenCV linear": lambda image, size: _opencv(image, size, cv2.INTER_LINEAR),
    "OpenCV area": lambda image, size: _opencv(image, size, cv2.INTER_AREA),
    "Pillow bicubic": lambda image, size: _pillow(image, size, Pil.Resampling.BICUBIC),
    "Pillow Lanczos": lambda image, size: _pillow(image, size, Pil.Resampling.LANCZOS),
}
