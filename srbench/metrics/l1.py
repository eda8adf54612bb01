"""Mean absolute error."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from srbench.metrics.checks import comparable

__all__ = ["l1"]


def l1(sr: NDArray[Any], hr: NDArray[Any]) -> float:
    """Mean of |sr - hr| over all samples of all planes.

    Args:
        sr: uint8 or float, (C, H, W) or (H, W).
        hr: Same shape, range and colour.

    Returns:
        ≥ 0, in units of the images (8-bit levels for 0…255).

    Raises:
        ImageError: The images cannot be compared.

    Example:
        >>> l1(np.array([[1.0, -3.0]]), np.array([[0.0, 0.0]]))
        2.0
    """
    a, b = comparable(sr, hr)
    return float(np.mean(np.abs(a - b)))
