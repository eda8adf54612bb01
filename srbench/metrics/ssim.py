"""Structural similarity."""

from __future__ import annotations

from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from srbench.errors import UndefinedMetricError
from srbench.metrics.checks import Floats, comparable

__all__ = ["WINDOW", "SsimTerms", "ssim", "ssim_terms"]

WINDOW = 11
"""Side of the Gaussian window in pixels (Wang et al. 2004, section III-B)."""

_SIGMA = 1.5
_K1, _K2 = 0.01, 0.03
_RADIUS = WINDOW // 2
_GAUSSIAN = np.exp(-(np.arange(-_RADIUS, _RADIUS + 1) ** 2) / (2 * _SIGMA**2))
_GAUSSIAN /= _GAUSSIAN.sum()


class SsimTerms(NamedTuple):
    """Means over the valid region, per plane: float64, (C,).

    Attributes:
        similarity: Mean of the whole index.
        contrast: Mean of its contrast-structure factor, which MS-SSIM needs.
    """

    similarity: Floats
    contrast: Floats


def ssim(sr: NDArray[Any], hr: NDArray[Any], *, data_range: float = 255.0) -> float:
    """Mean structural similarity in an 11×11 Gaussian window, σ = 1.5, over the region the window fits in.

    SSIM = (2·μx·μy + C1)(2·σxy + C2) / ((μx² + μy² + C1)(σx² + σy² + C2)), C = (K·data_range)², K1 = 0.01,
    K2 = 0.03, biased variances, no downsampling beforehand; for several planes the mean of the planes' figures.

    Args:
        sr: uint8 or float, (C, H, W) or (H, W).
        hr: Same shape, range and colour.
        data_range: Distance from black to white in the images' unit.

    Returns:
        -1…1; 1 for identical images.

    Raises:
        ImageError: The images cannot be compared.
        UndefinedMetricError: A side is shorter than the window.

    Source: Z. Wang et al., "Image quality assessment: from error visibility to structural similarity", IEEE TIP 2004,
    doi:10.1109/TIP.2003.819861.

    Example:
        >>> ssim(np.full((11, 11), 7), np.full((11, 11), 7))
        1.0
    """
    return float(np.mean(ssim_terms(*comparable(sr, hr), data_range).similarity))


def ssim_terms(sr: Floats, hr: Floats, data_range: float) -> SsimTerms:
    """Both means per plane; see `ssim`.

    Args:
        sr: float64, (C, H, W).
        hr: float64, (C, H, W).
        data_range: Distance from black to white.

    Raises:
        UndefinedMetricError: A side is shorter than the window.
    """
    if min(sr.shape[-2:]) < WINDOW:
        raise UndefinedMetricError(
            f"{sr.shape[-1]}×{sr.shape[-2]} pixels are scored; SSIM's window needs {WINDOW} on each side"
        )
    means = [_plane_means(a, b, data_range) for a, b in zip(sr, hr, strict=True)]
    return SsimTerms(*(np.array(term) for term in zip(*means, strict=True)))


def _plane_means(x: Floats, y: Floats, data_range: float) -> tuple[float, float]:
    c1, c2 = (_K1 * data_range) ** 2, (_K2 * data_range) ** 2
    mean_x, mean_y = _blur(x), _blur(y)
    variance_x = _blur(x * x) - mean_x * mean_x
    variance_y = _blur(y * y) - mean_y * mean_y
    covariance = _blur(x * y) - mean_x * mean_y
    contrast = (2 * covariance + c2) / (variance_x + variance_y + c2)
    luminance = (2 * mean_x * mean_y + c1) / (mean_x * mean_x + mean_y * mean_y + c1)
    return float(np.mean(luminance * contrast)), float(np.mean(contrast))


def _blur(plane: Floats) -> Floats:
    """Gaussian mean around each pixel that the window fits around."""
    blurred = cv2.sepFilter2D(plane, cv2.CV_64F, _GAUSSIAN, _GAUSSIAN)
    return np.asarray(blurred[_RADIUS:-_RADIUS, _RADIUS:-_RADIUS])
