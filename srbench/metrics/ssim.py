"""Structural similarity."""

from typing import Any

from numpy.typing import NDArray

from srbench.api import ImagePair
from srbench.metrics.pair.arrays import ArrayPair


def ssim(sr: NDArray[Any], hr: NDArray[Any], *, data_range: float = 255.0) -> float:
    """Return mean structural similarity in an 11×11 Gaussian window, σ = 1.5, over the positions where the window fits.

    SSIM = (2·μx·μy + C1)(2·σxy + C2) / ((μx² + μy² + C1)(σx² + σy² + C2)), C = (K·data_range)², K1 = 0.01,
    K2 = 0.03, biased variances, no prior downsampling; the result is the mean over planes.

    Args:
        sr: uint8 or float, (C, H, W) or (H, W).
        hr: Same shape, range and colour.
        data_range: Distance from black to white in the images' unit.

    Returns:
        -1…1; 1 for identical images.

    Raises:
        ImageError: The shapes differ, an image is empty, or a sample is not finite.
        UndefinedMetricError: A side is shorter than 11 pixels.

    Source: Z. Wang et al., "Image quality assessment: from error visibility to structural similarity", IEEE TIP 2004,
    doi:10.1109/TIP.2003.819861.

    Example:
        >>> import numpy as np
        >>> ssim(np.full((11, 11), 7), np.full((11, 11), 7))
        1.0
    """
    return ssim_of(ArrayPair(sr, hr, data_range))


def ssim_of(pair: ImagePair) -> float:
    """Return `ssim` of an image pair, -1…1."""
    return float(pair.ssim_terms(0).similarity.mean())
