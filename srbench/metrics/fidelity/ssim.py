"""Structural similarity."""

from srbench.api import ImagePair
from srbench.metrics.pair.given import paired_in_range
from srbench.metrics.pair.readable import GivenImage


def ssim(sr: GivenImage, hr: GivenImage, *, data_range: float | None = None) -> float:
    """Return mean structural similarity in an 11×11 Gaussian window, σ = 1.5, over the positions where the window fits.

    SSIM = (2·μx·μy + C1)(2·σxy + C2) / ((μx² + μy² + C1)(σx² + σy² + C2)), C = (K·data_range)², K1 = 0.01,
    K2 = 0.03, biased variances, no prior downsampling; the result is the mean over planes.

    Args:
        sr: Array or tensor, of integers or floats, (C, H, W) or (H, W).
        hr: Same shape, range, colour and device.
        data_range: Distance from black, which is 0, to white in the images' unit; 255 for uint8 if not given.

    Returns:
        -1…1; 1 for identical images.

    Raises:
        ImageError: The shapes differ, an image is empty, a sample is not finite, or `data_range` is missing or wrong.
        UndefinedMetricError: A side is shorter than 11 pixels.

    Source: Z. Wang et al., "Image quality assessment: from error visibility to structural similarity", IEEE TIP 2004,
    doi:10.1109/TIP.2003.819861.

    Example:
        >>> import numpy as np
        >>> ssim(np.full((11, 11), 0.7), np.full((11, 11), 0.7), data_range=1.0)
        1.0
    """
    return ssim_of(paired_in_range(sr, hr, data_range, black_at_zero=True))


def ssim_of(pair: ImagePair) -> float:
    """Return `ssim` of an image pair, -1…1."""
    return float(pair.ssim_terms(0).similarity.mean())
