"""ITU-R BT.601 luma and chroma in studio range, as MATLAB's `rgb2ycbcr` computes them.

Source: ITU-R Recommendation BT.601-7, section 2.5; for R, G, B in 0…255, Y lies in 16…235, Cb and Cr in 16…240.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["luma", "rgb_to_ycbcr", "ycbcr_to_rgb"]

Floats = NDArray[np.float64]

_FORWARD = np.array([[65.481, 128.553, 24.966], [-37.797, -74.203, 112.0], [112.0, -93.786, -18.214]]) / 255
_OFFSET = np.array([16.0, 128.0, 128.0])[:, None, None]
_INVERSE = np.linalg.inv(_FORWARD)


def luma(rgb: NDArray[Any]) -> Floats:
    """Y = (65.481·R + 128.553·G + 24.966·B) / 255 + 16, not rounded.

    Args:
        rgb: uint8 or float, (3, H, W), RGB, 0…255.

    Returns:
        float64, (1, H, W), 16…235.
    """
    red, green, blue = rgb.astype(np.float64)
    weights = _FORWARD[0]
    plane: Floats = weights[0] * red + weights[1] * green + weights[2] * blue + 16.0
    return plane[None]


def rgb_to_ycbcr(rgb: NDArray[Any]) -> Floats:
    """Studio-range Y, Cb, Cr, not rounded.

    Args:
        rgb: uint8 or float, (3, H, W), RGB, 0…255.

    Returns:
        float64, (3, H, W), planes Y, Cb, Cr.
    """
    converted: Floats = np.tensordot(_FORWARD, rgb.astype(np.float64), axes=1) + _OFFSET
    return converted


def ycbcr_to_rgb(ycbcr: NDArray[Any]) -> Floats:
    """Inverse of `rgb_to_ycbcr`; neither rounded nor clipped.

    Args:
        ycbcr: float, (3, H, W), planes Y, Cb, Cr in studio range.

    Returns:
        float64, (3, H, W), RGB, nominally 0…255.
    """
    converted: Floats = np.tensordot(_INVERSE, ycbcr.astype(np.float64) - _OFFSET, axes=1)
    return converted
