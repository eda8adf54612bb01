"""Intervals of means by bootstrap over images."""

import numpy as np
from numpy.typing import NDArray

_RESAMPLES = 10_000
_SEED = 20_261_121
_DRAWN_AT_ONCE = 2**22
"""Bounds the memory."""

_INTERVAL = (2.5, 97.5)
Floats = NDArray[np.float64]


def mean_intervals(values: Floats) -> Floats:
    """95 % percentile intervals of means, by 10,000 seeded resamples, the same ones for every row.

    Args:
        values: (M, N): M methods or pairs on N ≥ 1 images.

    Returns:
        (M, 2): lower and upper ends.
    """
    images = values.shape[1]
    generator = np.random.default_rng(_SEED)
    # How often each image is drawn, times its value: one product of matrices for all rows.
    chunk = max(1, min(_RESAMPLES, _DRAWN_AT_ONCE // images))
    means = []
    for start in range(0, _RESAMPLES, chunk):
        count = min(chunk, _RESAMPLES - start)
        drawn = generator.integers(0, images, (count, images)) + np.arange(count)[:, None] * images
        often = np.bincount(drawn.ravel(), minlength=count * images).reshape(count, images)
        means.append(often.astype(np.float64) @ values.T / images)
    low, high = np.percentile(np.concatenate(means), _INTERVAL, axis=0)
    ends: Floats = np.stack([low, high], axis=1)
    return ends
