"""The part of an image to show: a given box, or where the methods differ most."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from srbench.api import Image
from srbench.errors import RequestError
from srbench.files import to_rgb
from srbench.protocols import luma


@dataclass(frozen=True)
class Box:
    """A part of an image, in pixels from its top left corner; width and height are at least 1."""

    left: int
    top: int
    width: int
    height: int

    def cut(self, image: Image) -> Image:
        """Cut the box out of an image, (C, H, W), and return it, (C, height, width)."""
        return image[:, self.top : self.top + self.height, self.left : self.left + self.width]


def read_box(text: str, size: tuple[int, int]) -> Box:
    """Read `x,y,w,h`, in pixels, of an image whose height and width are `size`.

    Raises:
        RequestError: The text is not x,y,w,h, or the box exceeds the image.
    """
    height, width = size
    try:
        left, top, across, down = (int(part) for part in text.split(","))
    except ValueError:
        raise RequestError(f"crop {text!r}: write auto, or x,y,w,h in pixels of HR, for example 120,80,64,48") from None
    if across < 1 or down < 1:
        raise RequestError(f"crop {text}: width and height must be at least 1 pixel")
    if left < 0 or top < 0 or left + across > width or top + down > height:
        raise RequestError(f"crop {text}: does not lie in the image of {width}×{height} pixels; choose another")
    return Box(left, top, across, down)


def contrasted(results: Sequence[Image], truth: Image) -> Sequence[Image]:
    """Return the images that `most_different` compares: all results, or a single result together with HR."""
    return results if len(results) > 1 else [*results, truth]


def most_different(images: Sequence[Image], size: tuple[int, int], count: int = 1) -> list[Box]:
    """Find where images differ most: the disjoint boxes with the largest sum of the variance of luma.

    Args:
        images: uint8, (C, H, W), at least one; see `contrasted`.
        size: Height and width of the boxes in pixels, no larger than the images.
        count: Largest number of boxes; fewer are returned if there is no room, or no further difference.

    Returns:
        Boxes, most different first; a box in the middle if the images are equal.
    """
    spread = _variance(images)
    height, width = spread.shape
    down, across = size
    # The sum over the box with its top left corner at each pixel, from the integral image.
    table = cv2.integral(spread)
    sums = table[down:, across:] - table[:-down, across:] - table[down:, :-across] + table[:-down, :-across]
    found: list[Box] = []
    while len(found) < count:
        top, left = np.unravel_index(int(np.argmax(sums)), sums.shape)
        if sums[top, left] <= _NOTHING:
            break
        found.append(Box(int(left), int(top), across, down))
        sums[max(0, top - down + 1) : top + down, max(0, left - across + 1) : left + across] = -1
    return found or [Box((width - across) // 2, (height - down) // 2, across, down)]


_NOTHING = 1e-6
"""Sums of variances below this are rounding errors."""


def _variance(images: Sequence[Image]) -> NDArray[np.float64]:
    """Variance of luma over the images, (H, W); one image at a time, to save memory."""
    first = luma(to_rgb(images[0]))[0]
    total, squares = np.zeros_like(first), np.zeros_like(first)
    for image in images:
        # Relative to the first image, so that the variance of equal images is exactly 0.
        apart = luma(to_rgb(image))[0] - first
        total += apart
        squares += apart**2
    count = len(images)
    variance: NDArray[np.float64] = np.maximum(squares / count - (total / count) ** 2, 0)
    return variance
