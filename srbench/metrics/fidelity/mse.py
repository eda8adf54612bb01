"""Mean squared error and its root."""

import math

from srbench.api import ImagePair
from srbench.metrics.pair.given import paired
from srbench.metrics.pair.readable import GivenImage


def mse(sr: GivenImage, hr: GivenImage) -> float:
    """Return the mean of (sr - hr)² over all samples of all planes.

    Args:
        sr: Array or tensor, of integers or floats, (C, H, W) or (H, W).
        hr: Same shape, dtype, range, colour and device.

    Returns:
        ≥ 0, in squared units of the images (8-bit levels² for 0…255).

    Raises:
        ImageError: The shapes or dtypes differ, an image is empty, or a sample is not finite.

    Example:
        >>> import numpy as np
        >>> mse(np.array([[0.0, 3.0]]), np.array([[0.0, 0.0]]))
        4.5
    """
    return mse_of(paired(sr, hr))


def mse_of(pair: ImagePair) -> float:
    """Return `mse` of an image pair, in squared units of the images."""
    return pair.squared_error


def rmse(sr: GivenImage, hr: GivenImage) -> float:
    """Return the square root of the mean squared error.

    Args:
        sr: Array or tensor, of integers or floats, (C, H, W) or (H, W).
        hr: Same shape, dtype, range, colour and device.

    Returns:
        ≥ 0, in units of the images (8-bit levels for 0…255).

    Raises:
        ImageError: The shapes or dtypes differ, an image is empty, or a sample is not finite.

    Example:
        >>> import numpy as np
        >>> rmse(np.array([[4.0, 4.0]]), np.array([[0.0, 0.0]]))
        4.0
    """
    return rmse_of(paired(sr, hr))


def rmse_of(pair: ImagePair) -> float:
    """Return `rmse` of an image pair, in units of the images."""
    return math.sqrt(pair.squared_error)
