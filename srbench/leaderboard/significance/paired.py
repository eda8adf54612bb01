"""Significance of differences between methods, paired by image.

Source: F. Wilcoxon, Biometrics Bulletin 1945, doi:10.2307/3001968; S. Holm, Scandinavian Journal of Statistics 1979;
letters by insertion and absorption: H.-P. Piepho, JCGS 2004, doi:10.1198/1061860043515.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from string import ascii_letters
from typing import Any

import numpy as np

from srbench.leaderboard.significance.intervals import Floats, mean_intervals

LEVEL = 0.05
"""Family-wise error rate per table."""


@dataclass(frozen=True)
class Difference:
    """One method's values minus another's, on the same images.

    Attributes:
        first: Name of the first method.
        second: Name of the second method, whose values are subtracted from the first's.
        images: Number of common images.
        mean: Mean difference, in the metric's unit.
        low: Lower end of the 95 % interval of the mean, by bootstrap over images.
        high: Upper end of that interval.
        wins: Number of images on which the first is better.
        ties: Number of images on which both are equal.
        losses: Number of images on which the second is better.
        p: Two-sided p of Wilcoxon's signed-rank test, Holm-adjusted for all pairs; None for too few images.
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
    def p_text(self) -> str:
        """The p-value as text; empty if None."""
        return "" if self.p is None else "<0.0001" if self.p < 0.0001 else f"{self.p:.4f}"

    @property
    def real(self) -> bool:
        """Whether the difference is significant: `p` is below `LEVEL`."""
        return self.p is not None and self.p < LEVEL


def min_images(methods: int) -> int:
    """Return the smallest number of images at which the Holm-adjusted p of a pair can fall below `LEVEL`.

    The smallest p of N images is 2 / 2ᴺ, and Holm's method multiplies it by the number of pairs: two methods need 6
    images, twelve need 12.
    """
    pairs = max(1, methods * (methods - 1) // 2)
    return math.floor(math.log2(2 * pairs / LEVEL)) + 1


def compare_pairs(figures: Mapping[str, Mapping[str, float]], *, higher_is_better: bool) -> list[Difference]:
    """Compare every pair of methods, in their order, with p adjusted for all pairs.

    Args:
        figures: Values by method and image; every method has the same images.
        higher_is_better: Direction of the metric.

    Raises:
        ValueError: Methods have different images, or none.
    """
    pairs = list(combinations(figures, 2))
    rows = figure_rows(figures)
    differences = np.array([rows[first] - rows[second] for first, second in pairs])
    intervals = mean_intervals(differences) if pairs else ()
    tests = _tested(differences)
    return [
        Difference(
            first=first,
            second=second,
            images=len(values),
            mean=float(values.mean()),
            low=float(low),
            high=float(high),
            wins=int((values > 0 if higher_is_better else values < 0).sum()),
            ties=int((values == 0).sum()),
            losses=int((values < 0 if higher_is_better else values > 0).sum()),
            p=p,
        )
        for (first, second), values, (low, high), p in zip(pairs, differences, intervals, tests, strict=True)
    ]


def significant_pairs(figures: Mapping[str, Mapping[str, float]]) -> set[frozenset[str]]:
    """Return the pairs of methods that differ significantly by the test of `compare_pairs`; empty for too few images.

    Raises:
        ValueError: Methods have different images, or none.
    """
    pairs = list(combinations(figures, 2))
    rows = figure_rows(figures)
    tests = _tested([rows[first] - rows[second] for first, second in pairs])
    return {frozenset(pair) for pair, p in zip(pairs, tests, strict=True) if p is not None and p < LEVEL}


def figure_rows(figures: Mapping[str, Mapping[str, float]]) -> dict[str, Floats]:
    """Return each method's values as an array, (N,), by method, with the N images in the same order.

    Raises:
        ValueError: Methods have different images, or none.
    """
    images = list(next(iter(figures.values()), ()))
    for method, values in figures.items():
        if not images or values.keys() != set(images):
            raise ValueError(f"{method} has figures of {len(values)} images, which are not those of the others")
    return {method: np.array([values[image] for image in images]) for method, values in figures.items()}


def _tested(differences: Sequence[Floats] | Floats) -> list[float | None]:
    """Holm-adjusted p of each row of differences: the smallest of m p-values times m, the next times m - 1, ..."""
    found = [_wilcoxon(row) for row in differences]
    tests = sorted((p, index) for index, p in enumerate(found) if p is not None)
    largest = 0.0
    for rank, (p, index) in enumerate(tests):
        largest = max(largest, min(1.0, (len(tests) - rank) * p))
        found[index] = largest
    return found


def _wilcoxon(differences: Floats) -> float | None:
    if len(differences) < min_images(2):
        return None
    if not differences.any():
        return 1.0
    from scipy import stats  # type: ignore[import-untyped]  # here, because its import is slow

    result: Any = stats.wilcoxon(differences, zero_method="wilcox", method="auto")
    return float(result.pvalue)


def letters(methods: Sequence[str], apart: Collection[frozenset[str]]) -> dict[str, str]:
    """Return letters by method: two methods that share a letter do not differ significantly.

    Args:
        methods: Names in the order of the table.
        apart: The pairs of methods that differ significantly.
    """
    groups: list[set[str]] = [set(methods)]
    for pair in sorted(apart, key=sorted):
        for group in [group for group in groups if pair <= group]:
            groups.remove(group)
            groups += [group - {name} for name in pair]
        groups = [group for group in groups if group and not any(group < other for other in groups)]
        groups = [group for index, group in enumerate(groups) if group not in groups[:index]]
    order = sorted(groups, key=lambda group: [methods.index(name) for name in methods if name in group])
    return {name: "".join(_symbol(index) for index, group in enumerate(order) if name in group) for name in methods}


def _symbol(index: int) -> str:
    """A letter, or a number in brackets if the letters are used up."""
    return ascii_letters[index] if index < len(ascii_letters) else f"({index + 1})"


def standings(
    figures: Mapping[str, Mapping[str, float]], higher_is_better: bool
) -> dict[str, tuple[float, float, str]]:
    """Return by method, best first, the ends of the mean's 95 % interval, and `letters`, empty for too few images.

    Args:
        figures: Values by method and image; every method has the same images.
        higher_is_better: Direction of the metric.

    Raises:
        ValueError: Methods have different images, or none.
    """
    if not figures:
        return {}
    rows = figure_rows(figures)
    sign = -1 if higher_is_better else 1
    order = sorted(rows, key=lambda name: sign * float(rows[name].mean()))
    enough = len(rows) > 1 and len(rows[order[0]]) >= min_images(len(rows))
    groups = letters(order, significant_pairs(figures)) if enough else dict.fromkeys(order, "")
    intervals = mean_intervals(np.array([rows[name] for name in order])).tolist()
    return {name: (low, high, groups[name]) for name, (low, high) in zip(order, intervals, strict=True)}
