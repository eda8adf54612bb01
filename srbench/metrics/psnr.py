"""Peak signal-to-noise ratio."""

import math
from typing import Any

from numpy.typing import NDArray

from srbench.api import ImagePair
from srbench.metrics.pair.arrays import ArrayPair


def psnr(sr: NDArray[Any], hr: NDArray[Any], *, data_range: float = 255.0) -> float:
    """Return 10 · log10(data_range² / MSE), with the MSE over all samples of all planes.

    The PSNR of a dataset is the mean over its images, never that of a pooled MSE.

    Args:
        sr: uint8 or float, (C, H, W) or (H, W).
        hr: Same shape, range and colour.
        data_range: Distance from black to white in the images' unit.

    Returns:
        dB; `math.inf` for identical images.

    Raises:
        ImageError: The shapes differ, an image is empty, or a sample is not finite.

    Example:
        >>> import numpy as np
        >>> round(psnr(np.array([[0, 255]]), np.array([[0, 0]])), 4)
        3.0103
    """
    return psnr_of(ArrayPair(sr, hr, data_range))


def psnr_of(pair: ImagePair) -> float:
    """Return `psnr` of an image pair, in dB."""
    error = pair.squared_error
    return math.inf if error == 0 else 10 * math.log10(pair.data_range**2 / error)
