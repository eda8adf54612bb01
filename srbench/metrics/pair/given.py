"""Pairs of images as a caller gives them, on the device that holds them, in a range that fits them."""

import math
from typing import Any

import numpy as np

from srbench.api import ImagePair
from srbench.errors import ImageError
from srbench.metrics.pair.arrays import ArrayPair
from srbench.metrics.pair.readable import GivenImage, Readable, described, readable

_WHITE = {"bool": 1, "uint8": 255, "uint16": 65535}
"""Largest samples of the dtypes whose range is never wider."""

_RANGES = "data_range=1.0 for images in [0, 1], 255.0 for 0…255, 65535.0 for 16 bits"

# Beyond these, powers of the range leave float32, in which SSIM of 8-bit images and on a GPU is computed.
_SMALLEST_RANGE, _LARGEST_RANGE = 1e-12, 1e12

# HR made by interpolation overshoots by some tenths; images in [-1, 1] span twice a data range of 1.
_LARGEST_SPAN = 1.5

# Lowest sample of HR for SSIM, per data range: an undershoot passes, images in [-1, 1] do not.
_LOWEST = -0.25


def paired(sr: GivenImage, hr: GivenImage) -> ImagePair:
    """Pair two images for a metric in units of the images.

    Raises:
        ImageError: An image cannot be used, or one holds integers and the other is of another dtype.
    """
    images = readable(sr, hr)
    first, second = images
    if first.dtype != second.dtype and (first.whole or second.whole):
        raise ImageError(f"sr is {first.dtype}, hr {second.dtype}; convert both to one dtype and the same range")
    return _pair(images, math.nan)


def paired_in_range(
    sr: GivenImage, hr: GivenImage, data_range: float | None, *, black_at_zero: bool = False
) -> ImagePair:
    """Pair two images for a metric that depends on their range.

    Args:
        sr: See `GivenImage`.
        hr: Same shape, range and device.
        data_range: Distance from black to white in the images' unit; None for uint8 images, 0…255.
        black_at_zero: Whether the metric changes if a constant is added to both images, so that black must be 0.

    Raises:
        ImageError: An image cannot be used, or the range is missing, no positive number, or contradicts the samples.
    """
    images = readable(sr, hr)
    whole = all(image.dtype == "uint8" for image in images)
    distance = 255.0 if whole and data_range is None else _checked_range(data_range, images)
    pair = _pair(images, distance)
    if not whole or distance < 255:
        _check_samples(images, distance, black_at_zero)
    return pair


def _pair(images: tuple[Readable, Readable], data_range: float) -> ImagePair:
    sr, hr = (image.samples for image in images)
    if isinstance(sr, np.ndarray):
        return ArrayPair(sr, hr, data_range)
    from srbench.metrics.pair.tensors import TensorPair  # here, since arrays need no torch

    return TensorPair(sr, hr, data_range)


def _checked_range(data_range: Any, images: tuple[Readable, Readable]) -> float:
    """Return the caller's range as a float of Python's; the square of a NumPy integer would wrap around."""
    if data_range is None:
        dtypes = " and ".join(dict.fromkeys(image.dtype for image in images))
        raise ImageError(f"{dtypes} images have no default range; give the distance from black to white: {_RANGES}")
    value = data_range.item() if getattr(data_range, "ndim", None) == 0 else data_range
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not _SMALLEST_RANGE <= value <= _LARGEST_RANGE:
        found = f"{value!r:.40}" if isinstance(value, int | float | str) else described(value)
        raise ImageError(f"data_range is {found}, expected a finite number > 0 (1e-12 to 1e12): {_RANGES}")
    for image in images:
        if value > _WHITE.get(image.dtype, math.inf):
            raise ImageError(f"data_range is {value}, but {image.name} is {image.dtype}, at most {_WHITE[image.dtype]}")
    return float(value)


def _check_samples(images: tuple[Readable, Readable], data_range: float, black_at_zero: bool) -> None:
    """Refuse samples that contradict the range; floats of a result may, since networks need not clip."""
    sr, hr = images
    for image in (sr, hr) if sr.whole else (hr,):
        low, high = float(image.samples.min()), float(image.samples.max())
        if high - low > _LARGEST_SPAN * data_range:
            raise ImageError(
                f"{image.name} spans {low:g} to {high:g}, too wide for data_range={data_range:g};"
                " give the distance from black to white"
            )
        if black_at_zero and low < _LOWEST * data_range:
            raise ImageError(
                f"{image.name} spans {low:g} to {high:g}, but SSIM depends on where black is, which must be 0;"
                " add a constant to both images"
            )
