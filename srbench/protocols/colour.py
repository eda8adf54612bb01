"""ITU-R BT.601 luma and chroma in studio range, as MATLAB's `rgb2ycbcr` computes them.

Source: ITU-R Recommendation BT.601-7, section 2.5; for R, G, B in 0…255, Y lies in 16…235, Cb and Cr in 16…240.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_FORWARD = np.array([[65.481, 128.553, 24.966], [-37.797, -74.203, 112.0], [112.0, -93.786, -18.214]]) / 255
YCBCR_OFFSET = np.array([16.0, 128.0, 128.0])[:, None, None]
"""Offsets of Y, Cb and Cr, (3, 1, 1)."""

YCBCR_TO_RGB = np.linalg.inv(_FORWARD)
"""(3, 3) matrix from Y, Cb, Cr, after subtracting `YCBCR_OFFSET`, to R, G, B."""

LUMA_WEIGHTS = (65.481 / 255, 128.553 / 255, 24.966 / 255)
"""Weights of red, green and blue, each in 0…255, in luma."""

LUMA_OFFSET = 16.0


def luma(rgb: NDArray[Any]) -> Floats:
    """Compute Y = (65.481·R + 128.553·G + 24.966·B) / 255 + 16, not rounded.

    Args:
        rgb: uint8 or float, (3, H, W), RGB, 0…255.

    Returns:
        float64, (1, H, W), 16…235.
    """
    from srbench.parallel import banded, plain  # here, so that listing does not load a compiler
    from srbench.protocols.loops import luma_rows

    source = plain(rgb if rgb.dtype == np.uint8 else rgb.astype(np.float64))
    plane = np.empty((1, *rgb.shape[1:]))
    weights = np.array(LUMA_WEIGHTS)
    banded(lambda start, stop: luma_rows(source, weights, LUMA_OFFSET, plane[0], start, stop), rgb.shape[1])
    return plane


def rgb_to_ycbcr(rgb: NDArray[Any]) -> Floats:
    """Convert RGB to studio-range Y, Cb, Cr, not rounded.

    Args:
        rgb: uint8 or float, (3, H, W), RGB, 0…255.

    Returns:
        float64, (3, H, W), planes Y, Cb, Cr.
    """
    converted: Floats = np.tensordot(_FORWARD, rgb.astype(np.float64), axes=1) + YCBCR_OFFSET
    return converted


def ycbcr_to_rgb(ycbcr: NDArray[Any]) -> Floats:
    """Convert studio-range Y, Cb, Cr to RGB, neither rounded nor clipped.

    Args:
        ycbcr: float, (3, H, W), planes Y, Cb, Cr in studio range.

    Returns:
        float64, (3, H, W), RGB, nominally 0…255.
    """
    converted: Floats = np.tensordot(YCBCR_TO_RGB, ycbcr.astype(np.float64) - YCBCR_OFFSET, axes=1)
    return converted
