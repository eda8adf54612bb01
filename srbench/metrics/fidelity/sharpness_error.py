"""Difference in sharpness between a result and HR."""

import math

from srbench.api import ImagePair
from srbench.errors import UndefinedMetricError
from srbench.metrics.pair.given import paired
from srbench.metrics.pair.readable import GivenImage


def sharpness_error(sr: GivenImage, hr: GivenImage) -> float:
    """Return |10·log10(E(sr) / E(hr))|, where E, the mean square of the Laplacian, is high-frequency energy.

    A blurred result has less energy than HR, a noisy one more. Of two results with the same PSNR the one nearer 0 looks
    sharper or less noisy; the metric ignores where the detail is.

    Args:
        sr: Array or tensor, of integers or floats, (C, H, W) or (H, W); at least 3 pixels on each side.
        hr: Same shape, dtype, range, colour and device.

    Returns:
        ≥ 0, in dB.

    Raises:
        ImageError: The shapes or dtypes differ, an image is empty, or a sample is not finite.
        UndefinedMetricError: A side is shorter than 3 pixels, or an image has no detail.

    Source: energy of the Laplacian, a focus measure: M. Subbarao, T. Choi, A. Nikzad, 1993, doi:10.1117/12.147706.

    Example:
        >>> import numpy as np
        >>> checks = np.indices((4, 4)).sum(0) % 2 * 1.0
        >>> round(sharpness_error(checks / 10, checks), 6)
        20.0
    """
    return sharpness_error_of(paired(sr, hr))


def sharpness_error_of(pair: ImagePair) -> float:
    """Return `sharpness_error` of an image pair, in dB."""
    _, height, width = pair.shape
    if min(height, width) < 3:
        raise UndefinedMetricError(f"sharpness needs 3 pixels on each side, the image is {width}×{height}")
    ours, theirs = pair.laplacian_energies()
    if ours == 0 or theirs == 0:
        raise UndefinedMetricError("sharpness is undefined for an image of one colour, with no detail at all")
    return abs(10 * math.log10(ours / theirs))
