"""Mean squared error and its root."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from srbench.metrics.checks import comparable

__all__ = ["mse", "rmse"]


def mse(sr: NDArray[Any], hr: NDArray[Any]) -> float:
    """Mean of (sr - hr)² over all samples of all planes.

    Args:
        sr: uint8 or float, (C, H, W) or (H, W).
        hr: Same shape, range and colour.

    Returns:
        ≥ 0, in squared units of the images (8-bit levels² for 0…255).

    Raises:
        ImageError: The images cannot be compared.

    Example:
        >>> mse(np.array([[0.0, 3.0]]), np.array([[0.0, 0.0]]))
        4.5
    """
    a, b = comparable(sr, hr)
    return float(np.mean(np.square(a - b)))


def rmse(sr: NDArray[Any], hr: NDArray[Any]) -> float:
    """Square root of the mean squared error.

    Args:
        sr: uint8 or float, (C, H, W) or (H, W).
        hr: Same shape, range and colour.

    Returns:
        ≥ 0, in units of the images (8-bit levels for 0…255).

    Raises:
        ImageError: The images cannot be compared.

    Example:
        >>> rmse(np.array([[4.0, 4.0]]), np.array([[0.0, 0.0]]))
        4.0
    """
    return math.sqrt(mse(sr, hr))
