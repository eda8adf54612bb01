"""Mean absolute error."""

from srbench.api import ImagePair
from srbench.metrics.pair.given import paired
from srbench.metrics.pair.readable import GivenImage


def l1(sr: GivenImage, hr: GivenImage) -> float:
    """Return the mean of |sr - hr| over all samples of all planes.

    Args:
        sr: Array or tensor, of integers or floats, (C, H, W) or (H, W).
        hr: Same shape, dtype, range, colour and device.

    Returns:
        ≥ 0, in units of the images (8-bit levels for 0…255).

    Raises:
        ImageError: The shapes or dtypes differ, an image is empty, or a sample is not finite.

    Example:
        >>> import numpy as np
        >>> l1(np.array([[1.0, -3.0]]), np.array([[0.0, 0.0]]))
        2.0
    """
    return l1_of(paired(sr, hr))


def l1_of(pair: ImagePair) -> float:
    """Return `l1` of an image pair, in units of the images."""
    return pair.absolute_error
