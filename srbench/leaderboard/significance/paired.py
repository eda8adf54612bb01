"""Which differences between methods are significant, paired by image."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import cast

import numpy as np

from srbench.api import MetricInfo
from srbench.leaderboard.significance.intervals import Floats, mean_intervals
from srbench.leaderboard.significance.letters import consistent, letters
from srbench.leaderboard.significance.permutation import holm, sign_flip_p

LEVEL = 0.05
"""Family-wise error rate per table."""

Figures = Mapping[str, Mapping[str, float]]
"""Values of a metric by method and image."""


@dataclass(frozen=True)
class Difference:
    """One method's values minus another's, on the same images.

    Attributes:
        first: Name of the first method.
        second: Name of the second method, whose values are subtracted from the first's.
        images: Number of common images.
        mean: Mean difference, in the metric's unit.
        low: Lower end of the 95 % interval of the mean, by bootstrap over images; None without an interval.
        high: Upper end of that interval.
        wins: Number of images on which the first is better.
        ties: Number of images on which the difference is smaller than half of the last printed digit.
        losses: Number of images on which the second is better.
        p: Two-sided p of the sign-flip test of the mean, Holm-adjusted for all pairs; None for too few images.
    """

    first: str
    second: str
    images: int
    mean: float
    low: float | None
    high: float | None
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
        """Whether the difference is significant: `p` is below `LEVEL`, and the interval, if there is one, lacks 0."""
        return self.p is not None and self.p < LEVEL and not _holds_zero(self.low, self.high)


def min_images(methods: int) -> int:
    """Return the smallest number of images at which the Holm-adjusted p of a pair can fall below `LEVEL`.

    The smallest p of N images is 2 / 2ᴺ, and Holm's method multiplies it by the number of pairs: two methods need 6
    images, twelve need 12.
    """
    pairs = max(1, methods * (methods - 1) // 2)
    return math.floor(math.log2(2 * pairs / LEVEL)) + 1


def compare_pairs(figures: Figures, metric: MetricInfo) -> list[Difference]:
    """Compare every pair of methods, in their order, with p adjusted for all pairs.

    Args:
        figures: Values by method and image; every method has the same images.
        metric: The metric, whose direction decides wins, and whose decimals decide ties.

    Raises:
        ValueError: Methods have different images, or none.
    """
    pairs = list(combinations(figures, 2))
    if not pairs:
        return []
    rows = figure_rows(figures)
    differences = np.array([rows[first] - rows[second] for first, second in pairs])
    visible = _visible(differences, metric)
    better = metric.sign * visible > 0
    return [
        Difference(
            first=first,
            second=second,
            images=len(values),
            mean=float(values.mean()),
            low=_known(low),
            high=_known(high),
            wins=int(wins.sum()),
            ties=int((seen == 0).sum()),
            losses=int((seen != 0).sum() - wins.sum()),
            p=p,
        )
        for (first, second), values, seen, wins, (low, high), p in zip(
            pairs, differences, visible, better, mean_intervals(differences), _tested(differences, metric), strict=True
        )
    ]


def significant_pairs(figures: Figures, metric: MetricInfo) -> dict[frozenset[str], float]:
    """Return the adjusted p of the pairs of methods that differ significantly, as `Difference.real` says.

    The interval is asked, too, because flipping signs assumes symmetric differences: for skewed ones of mean 0 the test
    alone finds 7 to 10 % instead of 5 %.

    Raises:
        ValueError: Methods have different images, or none.
    """
    pairs = list(combinations(figures, 2))
    if not pairs:
        return {}
    rows = figure_rows(figures)
    differences = np.array([rows[first] - rows[second] for first, second in pairs])
    tests = _tested(differences, metric)
    small = [index for index, p in enumerate(tests) if p is not None and p < LEVEL]
    ends = mean_intervals(differences[small]) if small else ()
    return {
        frozenset(pairs[index]): cast(float, tests[index])
        for index, (low, high) in zip(small, ends, strict=True)
        if not _holds_zero(_known(low), _known(high))
    }


def figure_rows(figures: Figures) -> dict[str, Floats]:
    """Return each method's values as an array, (N,), by method, with the N images in the same order.

    Raises:
        ValueError: Methods have different images, or none.
    """
    images = list(next(iter(figures.values()), ()))
    for method, values in figures.items():
        if not images or values.keys() != set(images):
            raise ValueError(f"{method} has figures of {len(values)} images, which are not those of the others")
    return {method: np.array([values[image] for image in images]) for method, values in figures.items()}


def _visible(differences: Floats, metric: MetricInfo) -> Floats:
    """Differences, with 0 in place of those smaller than half of the last printed digit."""
    return np.where(np.abs(differences) < metric.resolution, 0.0, differences)


def _tested(differences: Floats, metric: MetricInfo) -> Sequence[float | None]:
    """Holm-adjusted p of each row of differences, (M, N); 1 for a mean that is smaller than half a printed digit."""
    if differences.shape[1] < min_images(2):
        return [None] * len(differences)
    tests = sign_flip_p(_visible(differences, metric))
    tests[np.abs(differences.mean(axis=1)) < metric.resolution] = 1.0
    return holm(tests.tolist())


def _holds_zero(low: float | None, high: float | None) -> bool:
    return low is not None and high is not None and low <= 0 <= high


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


@dataclass(frozen=True)
class Standing:
    """A method's place in a table.

    Attributes:
        low: Lower end of the 95 % interval of the mean; None without an interval.
        high: Upper end of that interval.
        group: Letters: methods that share one do not differ significantly. Empty for too few images.
    """

    low: float | None
    high: float | None
    group: str


def standings(figures: Figures, metric: MetricInfo) -> dict[str, Standing]:
    """Return intervals and letters by method, best first.

    Args:
        figures: Values by method and image; every method has the same images.
        metric: The metric, whose direction decides the order, and whose decimals decide ties.

    Raises:
        ValueError: Methods have different images, or none.
    """
    if not figures:
        return {}
    rows = figure_rows(figures)
    order = sorted(rows, key=lambda name: -metric.sign * float(rows[name].mean()))
    enough = len(rows) > 1 and len(rows[order[0]]) >= min_images(len(rows))
    claims = consistent(order, significant_pairs(figures, metric)) if enough else set()
    groups = letters(order, claims) if enough else dict.fromkeys(order, "")
    intervals = mean_intervals(np.array([rows[name] for name in order]))
    return {
        name: Standing(_known(low), _known(high), groups[name])
        for name, (low, high) in zip(order, intervals, strict=True)
    }
