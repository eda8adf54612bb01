"""Mean absolute error."""

from typing import Any

from numpy.typing import NDArray

from srbench.api import ImagePair
from srbench.metrics.pair.arrays import ArrayPair


def l1(sr: NDArray[Any], hr: NDArray[Any]) -> float:
    """Return the mean of |sr - hr| over all samples of all planes.

    Args:
        sr: uint8 or float, (C, H, W) or (H, W).
        hr: Same shape, range and colour.

    Returns:
        ≥ 0, in units of the images (8-bit levels for 0…255).

    Raises:
        ImageError: The shapes differ, an image is empty, or a sample is not finite.

    Example:
        >>> import numpy as np
        >>> l1(np.array([[1.0, -3.0]]), np.array([[0.0, 0.0]]))
        2.0
    """
    return l1_of(ArrayPair(sr, hr))


def l1_of(pair: ImagePair) -> float:
    """Return `l1` of an image pair, in units of the images."""
    return pair.absolute_error
