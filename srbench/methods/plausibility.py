"""Signs of a mistake in an upscaled image: wrong range, wrong channel order, a shift.

A plausible result, downscaled again, resembles its own LR, whatever detail the method invented.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from srbench.api import Image
from srbench.protocols import imresize, luma

if TYPE_CHECKING:
    from torch import Tensor

Floats = NDArray[np.floating[Any]]

# In LR pixels. A window this large keeps the check to about a millisecond; its margin is ignored.
_WINDOW = 96
_SMALLEST = 16
_MARGIN = 3

# Downscaled again, bilinear, bicubic and every learned method tried stay within 6 levels RMS, nearest within 12.
_LARGEST_RMSE = 25.0

# In HR pixels. On Set5, Set14 and the bundled photographs every built-in interpolation is estimated within 0.1 at ×2 to
# ×4, and within 0.6 at ×8; the mistakes to detect are half an HR pixel or a whole one.
_LARGEST_SHIFT = 0.4
_LARGEST_LR_SHIFT = 1 / 12

# Swapped channels are reported if they explain the LR this many times better, in MSE.
_CHANNEL_FACTOR = 2.0


def suspicions(sr: Image | Tensor, lr: NDArray[Any], scale: int) -> tuple[str, ...]:
    """Return descriptions of what looks wrong in an upscaled image; empty if nothing does.

    Args:
        sr: uint8, (C, h·scale, w·scale), 0…255; from a GPU only the inspected window is copied.
        lr: uint8 or float64, (C, h, w), 0…255: the input of the method.
        scale: Upscaling factor.
    """
    window = _central_window(*lr.shape[1:])
    if window is None:
        return ()
    rows, columns = window
    low = lr[:, rows, columns].astype(np.float32)
    part = sr[:, _scaled(rows, scale), _scaled(columns, scale)]
    high = (part if isinstance(part, np.ndarray) else part.cpu().numpy()).astype(np.float32)
    shrunk = imresize(high, low.shape[1:])
    inner = np.s_[:, _MARGIN:-_MARGIN, _MARGIN:-_MARGIN]
    low, shrunk = low[inner], shrunk[inner]
    error = float(np.mean((shrunk - low) ** 2))
    if len(low) == 3:
        swapped = float(np.mean((shrunk[::-1] - low) ** 2))
        if swapped * _CHANNEL_FACTOR < error and error > 1:
            return ("red and blue seem to be swapped (BGR for RGB)",)
    if error > _LARGEST_RMSE**2:
        return (f"downscaled, it differs from LR by {np.sqrt(error):.0f} of 255 levels RMS; wrong range or image?",)
    return _shift(shrunk, low, scale)


def _central_window(height: int, width: int) -> tuple[slice, slice] | None:
    if min(height, width) < _SMALLEST:
        return None
    tall, wide = min(height, _WINDOW), min(width, _WINDOW)
    top, left = (height - tall) // 2, (width - wide) // 2
    return slice(top, top + tall), slice(left, left + wide)


def _scaled(part: slice, scale: int) -> slice:
    return slice(part.start * scale, part.stop * scale)


def _shift(shrunk: Floats, low: Floats, scale: int) -> tuple[str, ...]:
    """Estimate the translation between two images by one least-squares step on gradients (Lucas and Kanade, 1981)."""
    moved, still = ((luma(image) if len(image) == 3 else image)[0] for image in (shrunk, low))
    down, right = np.gradient(still)
    normal = np.array([[np.sum(down * down), np.sum(down * right)], [np.sum(down * right), np.sum(right * right)]])
    if np.linalg.eigvalsh(normal)[0] < still.size:  # gradients under one level a pixel: too flat to tell
        return ()
    difference = still - moved
    y, x = scale * np.linalg.solve(normal, [np.sum(down * difference), np.sum(right * difference)])
    if max(abs(x), abs(y)) < max(_LARGEST_SHIFT, _LARGEST_LR_SHIFT * scale):
        return ()
    return (f"seems shifted by {x:+.1f} pixels to the right and {y:+.1f} down",)
