"""Which differences between methods are real: paired, image by image.

Source: F. Wilcoxon, Biometrics Bulletin 1945, doi:10.2307/3001968; S. Holm, Scandinavian Journal of Statistics 1979;
letters by insertion and absorption: H.-P. Piepho, JCGS 2004, doi:10.1198/1061860043515.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["LEAST_IMAGES", "LEVEL", "Difference", "compare_pair", "compare_pairs", "letters", "mean_interval"]

LEVEL = 0.05
"""Of a whole table: a difference that is none is called one in at most so many tables."""

LEAST_IMAGES = 6
"""With fewer no arrangement of signs has a probability below `LEVEL`: of five images the smallest is 1/16."""

_RESAMPLES = 10_000
_SEED = 20_261_121
_CHUNK = 500
_INTERVAL = (2.5, 97.5)

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Difference:
    """One method's figures less another's, on the same images.

    Attributes:
        first: Whose figures.
        second: Whose are taken from them.
        images: How many both have.
        mean: Of the differences, in the metric's unit.
        low: Lower end of the 95 % interval of the mean, by bootstrap over images.
        high: Upper end.
        wins: Images on which the first is better.
        ties: Images on which both are equal.
        losses: Images on which the second is better.
        p: Of Wilcoxon's signed-rank test, two-sided, by Holm's method adjusted for all pairs of the table; None where
            there are too few images for a claim.
    """

    first: str
    second: str
    images: int
    mean: float
    low: float
    high: float
    wins: int
    ties: int
    losses: int
    p: float | None

    @property
    def real(self) -> bool:
        """Whether the two can be told apart."""
        return self.p is not None and self.p < LEVEL


def mean_interval(values: Floats) -> tuple[float, float]:
    """The 95 % percentile interval of a mean, by 10,000 seeded resamples.

    Args:
        values: (N,), N ≥ 1.
    """
    generator = np.random.default_rng(_SEED)
    means = np.concatenate(
        [
            values[generator.integers(0, len(values), (min(_CHUNK, _RESAMPLES - start), len(values)))].mean(1)
            for start in range(0, _RESAMPLES, _CHUNK)
        ]
    )
    low, high = np.percentile(means, _INTERVAL)
    return float(low), float(high)


def compare_pair(
    first: str, second: str, figures: Mapping[str, Mapping[str, float]], *, higher_is_better: bool
) -> Difference:
    """Compare two methods on the images both have; `p` is not yet adjusted.

    Args:
        first: A name in `figures`.
        second: Another.
        figures: By method and image.
        higher_is_better: Which way the metric counts.

    Raises:
        ValueError: They have no image in common.
    """
    common = [image for image in figures[first] if image in figures[second]]
    if not common:
        raise ValueError(f"{first} and {second} have no image in common")
    differences = np.array([figures[first][image] - figures[second][image] for image in common])
    better = differences if higher_is_better else -differences
    low, high = mean_interval(differences)
    return Difference(
        first=first,
        second=second,
        images=len(common),
        mean=float(differences.mean()),
        low=low,
        high=high,
        wins=int((better > 0).sum()),
        ties=int((better == 0).sum()),
        losses=int((better < 0).sum()),
        p=_wilcoxon(differences),
    )


def compare_pairs(figures: Mapping[str, Mapping[str, float]], *, higher_is_better: bool) -> list[Difference]:
    """Every pair of methods, in their order, with p adjusted for all of them."""
    found = [
        compare_pair(first, second, figures, higher_is_better=higher_is_better)
        for first, second in combinations(figures, 2)
    ]
    return _adjusted(found)


def _wilcoxon(differences: Floats) -> float | None:
    if len(differences) < LEAST_IMAGES:
        return None
    if not differences.any():
        return 1.0
    from scipy import stats  # type: ignore[import-untyped]  # here, because it takes long to import

    result: Any = stats.wilcoxon(differences, zero_method="wilcox", method="auto")
    return float(result.pvalue)


def _adjusted(found: Sequence[Difference]) -> list[Difference]:
    """Holm's step-down: the smallest of m is multiplied by m, the next by m - 1, none below the one before."""
    tested = sorted((one for one in found if one.p is not None), key=lambda one: one.p or 0.0)
    adjusted: dict[tuple[str, str], float] = {}
    largest = 0.0
    for index, one in enumerate(tested):
        largest = max(largest, min(1.0, (len(tested) - index) * (one.p or 0.0)))
        adjusted[one.first, one.second] = largest
    return [replace(one, p=adjusted.get((one.first, one.second))) for one in found]


def letters(methods: Sequence[str], found: Sequence[Difference]) -> dict[str, str]:
    """Letters by method: two that share one cannot be told apart.

    Args:
        methods: In the order of the table.
        found: Every pair of them.
    """
    groups: list[set[str]] = [set(methods)]
    for pair in ({one.first, one.second} for one in found if one.real):
        for group in [group for group in groups if pair <= group]:
            groups.remove(group)
            groups += [group - {name} for name in pair]
        groups = [group for group in groups if group and not any(group < other for other in groups)]
        groups = [group for index, group in enumerate(groups) if group not in groups[:index]]
    order = sorted(groups, key=lambda group: [methods.index(name) for name in methods if name in group])
    return {
        name: "".join(chr(ord("a") + index % 26) for index, group in enumerate(order) if name in group)
        for name in methods
    }
