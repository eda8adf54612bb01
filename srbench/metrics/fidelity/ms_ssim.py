"""Multi-scale structural similarity."""

import numpy as np

from srbench.api import ImagePair
from srbench.errors import UndefinedMetricError
from srbench.metrics.pair.given import paired_in_range
from srbench.metrics.pair.readable import GivenImage
from srbench.metrics.pair.window import WINDOW

# Wang, Simoncelli and Bovik 2003, section 3.2; they sum to 1.
_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
SMALLEST_SIDE = (WINDOW - 1) * 2 ** (len(_WEIGHTS) - 1) + 1
"""Smallest side in pixels, 161: SSIM's window still fits after halving four times, rounding up."""


def ms_ssim(sr: GivenImage, hr: GivenImage, *, data_range: float | None = None) -> float:
    """Multiply the contrast-structure means of five scales and the coarsest luminance, raised to their weights.

    Between scales an image is averaged over 2×2 pixels and subsampled by 2; an odd edge is mirrored, so that sizes
    round up. The result is the mean over planes.

    Args:
        sr: Array or tensor, of integers or floats, (C, H, W) or (H, W).
        hr: Same shape, range, colour and device.
        data_range: Distance from black, which is 0, to white in the images' unit; 255 for uint8 if not given.

    Returns:
        0…1; 1 for identical images.

    Raises:
        ImageError: The shapes differ, an image is empty, a sample is not finite, or `data_range` is missing or wrong.
        UndefinedMetricError: A side is shorter than 161 pixels, or a mean is negative, so that its power is not real.

    Source: Z. Wang, E. P. Simoncelli, A. C. Bovik, "Multiscale structural similarity for image quality assessment",
    Asilomar 2003, doi:10.1109/ACSSC.2003.1292216.

    Example:
        >>> ms_ssim(np.full((161, 161), 0.7), np.full((161, 161), 0.7), data_range=1.0)
        1.0
    """
    return ms_ssim_of(paired_in_range(sr, hr, data_range, black_at_zero=True))


def ms_ssim_of(pair: ImagePair) -> float:
    """Return `ms_ssim` of an image pair, 0…1; the first scale is shared with SSIM."""
    channels, height, width = pair.shape
    if min(height, width) < SMALLEST_SIDE:
        raise UndefinedMetricError(
            f"{width}×{height} pixels are scored; MS-SSIM's five scales need {SMALLEST_SIDE} on each side"
        )
    product = np.ones(channels)
    for level, weight in enumerate(_WEIGHTS):
        terms = pair.ssim_terms(level)
        factor = terms.similarity if level == len(_WEIGHTS) - 1 else terms.contrast
        if factor.min() < 0:
            raise UndefinedMetricError(f"negative structure at scale {level + 1}; MS-SSIM has no real value")
        product *= factor**weight
    return float(product.mean())
