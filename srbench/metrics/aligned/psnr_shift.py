"""PSNR at the best whole-pixel shift."""

from srbench.api import ImagePair, Noted
from srbench.metrics.aligned.search import Shift, squared_errors
from srbench.metrics.fidelity.psnr import decibels
from srbench.metrics.pair.given import paired_in_range
from srbench.metrics.pair.readable import GivenImage

_TIE = 1e-9
"""Relative difference of squared errors up to which they are equal: 4e-9 dB, above the rounding of float64 sums."""


def psnr_shift(sr: GivenImage, hr: GivenImage, *, data_range: float | None = None) -> float:
    """Return the best PSNR over shifts of the result by up to 3 whole pixels in both directions.

    At each of the 49 shifts, PSNR is that of the pixels that the moved result and HR share. A value well above `psnr`
    means that the result is misaligned, such as by a method with another pixel grid.

    Args:
        sr: Array or tensor, of integers or floats, (C, H, W) or (H, W); at least 7 pixels on each side.
        hr: Same shape, range, colour and device.
        data_range: Distance from black to white in the images' unit; 255 for uint8 if not given.

    Returns:
        dB; `math.inf` if the images are identical at a shift.

    Raises:
        ImageError: The shapes differ, an image is empty, a sample is not finite, or `data_range` is missing or wrong.
        UndefinedMetricError: A side is shorter than 7 pixels, or the squared error is too large for float64.

    Example:
        >>> import numpy as np
        >>> hr = np.arange(64.0).reshape(8, 8) ** 2 / 4096
        >>> psnr_shift(np.roll(hr, 2, axis=1), hr, data_range=1.0)
        inf
    """
    return psnr_shift_of(paired_in_range(sr, hr, data_range)).value


def psnr_shift_of(pair: ImagePair) -> Noted:
    """Return `psnr_shift` of an image pair, in dB, with the best shift in words if the result has to be moved.

    Of shifts with equal errors the shortest counts, so that an aligned result is not said to be moved.
    """
    errors = squared_errors(pair)
    limit = min(errors.values()) * (1 + _TIE)
    near = [shift for shift, error in errors.items() if error <= limit]
    best = min(near, key=lambda shift: shift.right**2 + shift.down**2)
    return Noted(decibels(errors[best], pair.data_range), _in_words(best))


def _in_words(shift: Shift) -> str:
    """Describe a shift, such as `best when the result is moved 1 pixel right and 2 down`; empty without one."""
    steps = [
        (abs(length), positive if length > 0 else negative)
        for length, positive, negative in ((shift.right, "right", "left"), (shift.down, "down", "up"))
        if length
    ]
    if not steps:
        return ""
    (first, direction), *others = steps
    words = [f"{first} pixel{'s' if first > 1 else ''} {direction}", *(f"{length} {way}" for length, way in others)]
    return f"best when the result is moved {' and '.join(words)}"
