"""Which part of an image to show: given, or where the methods differ most."""

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
    """A part of an image, in pixels.

    Attributes:
        left: From the image's left edge.
        top: From its top.
        width: At least 1.
        height: At least 1.
    """

    left: int
    top: int
    width: int
    height: int

    def cut(self, image: Image) -> Image:
        """The part of an image, (C, height, width)."""
        return image[:, self.top : self.top + self.height, self.left : self.left + self.width]


def read_box(text: str, size: tuple[int, int]) -> Box:
    """Read `x,y,w,h`.

    Args:
        text: Left, top, width and height in pixels.
        size: The image's height and width.

    Raises:
        RequestError: It is none, or does not lie in the image.
    """
    height, width = size
    try:
        left, top, across, down = (int(part) for part in text.split(","))
    except ValueError:
        raise RequestError(f"crop {text!r}: write auto, or x,y,w,h in pixels of HR, for example 120,80,64,48") from None
    if across < 1 or down < 1:
        raise RequestError(f"crop {text}: width and height are at least 1 pixel")
    if left < 0 or top < 0 or left + across > width or top + down > height:
        raise RequestError(f"crop {text}: does not lie in the image of {width}×{height} pixels")
    return Box(left, top, across, down)


def contrasted(results: Sequence[Image], truth: Image) -> Sequence[Image]:
    """What `most_different` is to look at: the methods' results, of a single method HR beside it."""
    return results if len(results) > 1 else [*results, truth]


def most_different(images: Sequence[Image], size: tuple[int, int], count: int = 1) -> list[Box]:
    """Where images differ most: the boxes with the largest sum of the variance of luma, none overlapping another.

    Args:
        images: uint8, (C, H, W), at least one; see `contrasted`.
        size: Height and width of the boxes, no larger than the images.
        count: How many, at most: fewer where there is no room, or no further difference.

    Returns:
        The most different first; a box in the middle where nothing differs.
    """
    spread = _variance(images)
    height, width = spread.shape
    down, across = size
    # The sum over the box whose top left corner is at a place, from the table of sums.
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
"""Below which a sum of variances is what rounding left of none."""


def _variance(images: Sequence[Image]) -> NDArray[np.float64]:
    """(H, W): of luma over the images, one after the other, so that many large ones need no more memory than two."""
    first = luma(to_rgb(images[0]))[0]
    total, squares = np.zeros_like(first), np.zeros_like(first)
    for image in images:
        # Less the first image's, so that equal images differ by nothing at all.
        apart = luma(to_rgb(image))[0] - first
        total += apart
        squares += apart**2
    count = len(images)
    variance: NDArray[np.float64] = np.maximum(squares / count - (total / count) ** 2, 0)
    return variance
