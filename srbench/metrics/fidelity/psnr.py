"""Peak signal-to-noise ratio."""

import math

from srbench.api import ImagePair
from srbench.errors import UndefinedMetricError
from srbench.metrics.pair.given import paired_in_range
from srbench.metrics.pair.readable import GivenImage


def psnr(sr: GivenImage, hr: GivenImage, *, data_range: float | None = None) -> float:
    """Return 10 · log10(data_range² / MSE), with the MSE over all samples of all planes.

    The PSNR of a dataset is the mean over its images, never that of a pooled MSE.

    Args:
        sr: Array or tensor, of integers or floats, (C, H, W) or (H, W).
        hr: Same shape, range, colour and device.
        data_range: Distance from black to white in the images' unit; 255 for uint8 if not given.

    Returns:
        dB; `math.inf` for identical images.

    Raises:
        ImageError: The shapes differ, an image is empty, a sample is not finite, or `data_range` is missing or wrong.
        UndefinedMetricError: The squared error is too large for float64.

    Example:
        >>> import numpy as np
        >>> round(psnr(np.array([[0.0, 1.0]]), np.array([[0.0, 0.0]]), data_range=1.0), 4)
        3.0103
    """
    return psnr_of(paired_in_range(sr, hr, data_range))


def psnr_of(pair: ImagePair) -> float:
    """Return `psnr` of an image pair, in dB."""
    return decibels(pair.squared_error, pair.data_range)


def decibels(squared_error: float, data_range: float) -> float:
    """Return the PSNR of a mean squared error, in dB; `math.inf` for 0.

    Args:
        squared_error: Mean of (sr - hr)², in squared units of the images.
        data_range: Distance from black to white in the images' unit.

    Raises:
        UndefinedMetricError: The squared error is too large for float64.
    """
    if squared_error == math.inf:
        raise UndefinedMetricError("the squared error is too large for float64; a result that large has no PSNR")
    return math.inf if squared_error == 0 else 10 * math.log10(data_range**2 / squared_error)
