"""Bootstrap intervals: images drawn with replacement, seeded, the same draws for every method of a table."""

from collections.abc import Callable, Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Counts = NDArray[np.uint16]
Statistic = Callable[[Floats], Floats]
"""From the number of times each image was drawn, (resamples, images), to a value for each resample."""

_RESAMPLES = 10_000
_SEED = 20_261_121
_DRAWN_AT_ONCE = 2**22
"""Numbers drawn at once, which bounds the memory."""
_KEPT = 25_000_000
"""Largest number of counts that are cached for the next method: 50 MB."""
_INTERVAL = (2.5, 97.5)


def mean_intervals(values: Floats) -> Floats:
    """Compute 95 % percentile intervals of means over images, by 10,000 bootstrap resamples.

    Args:
        values: (M, N): M methods or pairs on N ≥ 1 images.

    Returns:
        (M, 2): lower and upper ends.
    """
    images = values.shape[1]
    # One matrix product for all rows: the number of times each image was drawn, times its value.
    return interval(lambda counts: counts @ values.T / images, images, _RESAMPLES).T


def interval(statistic: Statistic, images: int, resamples: int) -> Floats:
    """Compute the 95 % percentile interval of a statistic over bootstrap resamples of images; NaN is left out.

    Args:
        statistic: Computed for blocks of resamples; may return several columns.
        images: Number of images.
        resamples: Number of resamples.

    Returns:
        (2,) or (2, columns): lower and upper ends.
    """
    drawn = np.concatenate([statistic(block.astype(np.float64)) for block in _blocks(images, resamples)])
    ends: Floats = np.nanpercentile(drawn, _INTERVAL, axis=0)
    return ends


def _blocks(images: int, resamples: int) -> Iterator[Counts] | tuple[Counts, ...]:
    return _kept(images, resamples) if images * resamples <= _KEPT else _drawn(images, resamples)


@lru_cache(maxsize=2)
def _kept(images: int, resamples: int) -> tuple[Counts, ...]:
    return tuple(_drawn(images, resamples))


def _drawn(images: int, resamples: int) -> Iterator[Counts]:
    """Number of times each image is drawn, in blocks of (resamples of the block, images)."""
    generator = np.random.default_rng(_SEED)
    block = max(1, min(resamples, _DRAWN_AT_ONCE // images))
    for start in range(0, resamples, block):
        count = min(block, resamples - start)
        drawn = generator.integers(0, images, (count, images)) + np.arange(count)[:, None] * images
        often = np.bincount(drawn.ravel(), minlength=count * images)
        yield often.reshape(count, images).astype(np.uint16)
