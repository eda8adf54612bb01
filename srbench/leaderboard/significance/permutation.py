"""Sign-flip permutation test of a mean difference, and Holm's correction for several pairs.

If two methods are equally good, the difference on each image is as likely to have either sign. p is the share of all
choices of signs whose mean difference is at least as large as the observed one.

Sources: R. A. Fisher, The Design of Experiments, 1935, section 21; E. J. G. Pitman, Significance tests which may be
applied to samples from any populations, 1937, doi:10.2307/2984124; Monte Carlo p-values: B. Phipson, G. K. Smyth,
2010, doi:10.2202/1544-6115.1585; S. Holm, Scandinavian Journal of Statistics 1979.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np

from srbench.leaderboard.significance.intervals import Floats

EXACT = 17
"""Largest number of images for which all choices of signs are computed; for more, a seeded sample of them."""
_SAMPLE = 20_000
_SAMPLE_PER_ROW = 200
"""Fewest choices of signs per pair, so that Holm's correction leaves the smallest p far below 0.05."""
_SEED = 20_261_121
_AT_ONCE = 2**22
"""Numbers computed at once, which bounds the memory."""


def sign_flip_p(differences: Floats) -> Floats:
    """Compute the two-sided p of the mean of each row of paired differences, (M, N); all rows get the same signs."""
    rows, images = differences.shape
    observed = np.abs(differences.sum(axis=1))
    # Sums in another order differ in the last digits; those must count as equal.
    observed = observed - 1e-12 * np.abs(differences).sum(axis=1)
    exact = images <= EXACT
    reached, total = np.zeros(rows), 0
    block = max(1, _AT_ONCE // max(images, rows))
    choices = _parts(images, block) if exact else _random_signs(images, max(_SAMPLE, _SAMPLE_PER_ROW * rows), block)
    for signs in choices:
        reached += (np.abs(signs @ differences.T) >= observed).sum(axis=0)
        total += len(signs)
    return reached / total if exact else (reached + 1) / (total + 1)


@lru_cache(maxsize=2)
def _all_signs(images: int) -> Floats:
    """Every choice of signs but for the overall one, which changes no absolute sum."""
    bits = np.arange(2 ** (images - 1))[:, None] >> np.arange(images) & 1
    signs: Floats = np.where(bits, -1.0, 1.0)
    return signs


def _parts(images: int, block: int) -> Iterator[Floats]:
    signs = _all_signs(images)
    for start in range(0, len(signs), block):
        yield signs[start : start + block]


def _random_signs(images: int, count: int, block: int) -> Iterator[Floats]:
    generator = np.random.default_rng(_SEED)
    for start in range(0, count, block):
        bits = generator.integers(0, 2, (min(block, count - start), images), np.int8)
        signs: Floats = np.where(bits, 1.0, -1.0)
        yield signs


def holm(tests: Sequence[float]) -> list[float]:
    """Adjust p-values: the smallest of m is multiplied by m, the next by m - 1, and so on, never decreasing."""
    adjusted = list(tests)
    largest = 0.0
    for rank, index in enumerate(sorted(range(len(tests)), key=lambda index: tests[index])):
        largest = max(largest, min(1.0, (len(tests) - rank) * tests[index]))
        adjusted[index] = largest
    return adjusted
