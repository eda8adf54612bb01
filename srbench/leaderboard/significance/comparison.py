"""Comparisons of methods, as values and as text."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from srbench.api import MetricInfo
from srbench.errors import RequestError
from srbench.leaderboard.grid import grid
from srbench.leaderboard.significance.intervals import MIN_IMAGES
from srbench.leaderboard.significance.paired import Difference, Figures, Standing, min_images, standings
from srbench.leaderboard.tally import Place


@dataclass(frozen=True)
class MethodComparison:
    """Methods compared on the same images.

    Attributes:
        place: Dataset, scale and protocol.
        metric: The compared metric.
        figures: The metric's values by method and image, only for images that all methods have.
        left_out: Number of images left out because some method has no value for them.
        differences: Differences of every pair of methods.
        method: The method that is compared with itself in another run; empty for different methods.
    """

    place: Place
    metric: MetricInfo
    figures: Figures
    left_out: int
    differences: tuple[Difference, ...]
    method: str = ""

    @property
    def title(self) -> str:
        """Dataset, scale and protocol with their hashes as text, and `method` if set."""
        return self.place.identified + (f": {self.method}" if self.method else "")

    @property
    def images(self) -> int:
        """Number of compared images."""
        return len(next(iter(self.figures.values())))

    @cached_property
    def standings(self) -> dict[str, Standing]:
        """Intervals and letters by method, best first."""
        return standings(self.figures, self.metric)

    def describe(self) -> dict[str, Any]:
        """Return the comparison as a mapping of plain values, for JSON."""
        return {
            "place": self.title,
            "metric": self.metric.name,
            "images": self.images,
            "left_out": self.left_out,
            "letters": {name: one.group for name, one in self.standings.items()},
            "differences": [vars(one) for one in self.differences],
        }


@dataclass(frozen=True)
class Limit:
    """The limit of `--fail-if-worse psnr:0.05`: by how much the second method may be worse, in the metric's unit."""

    metric: str
    by: float


def read_limit(text: str) -> Limit:
    """Read `METRIC:AMOUNT`, such as `psnr:0.05`.

    Raises:
        RequestError: The text is not METRIC:AMOUNT, or the amount is negative or not finite.
    """
    name, _, number = text.partition(":")
    try:
        by = float(number)
    except ValueError:
        by = -1.0
    if not name or not 0 <= by < float("inf"):
        raise RequestError(f"limit {text!r}: write METRIC:AMOUNT, for example psnr:0.05 for 0.05 dB")
    return Limit(name, by)


def worse(comparisons: Sequence[MethodComparison], limit: Limit) -> list[str]:
    """Return a line for each pair whose second method's mean is worse than the first's by more than the limit."""
    lines: list[str] = []
    for comparison in comparisons:
        sign = comparison.metric.sign
        lines += [
            f"{one.second} is worse than {one.first} on {comparison.title} by {sign * one.mean:.4g}"
            f"{comparison.metric.short_unit}, more than {limit.by:g}"
            for one in comparison.differences
            if sign * one.mean > limit.by
        ]
    return lines


def comparison_text(comparison: MethodComparison) -> str:
    """Return a comparison as plain text for a terminal of 80 columns."""
    parts = [f"{comparison.title}, {comparison.images} images", _ranks(comparison), _pairs(comparison)]
    if comparison.left_out:
        parts.append(f"{comparison.left_out} images are left out, which some method has no figure for.")
    least = min_images(len(comparison.figures))
    if comparison.images < least:
        parts.append(
            f"{comparison.images} images are too few for a claim: with fewer than {least} no test can tell two of\n"
            f"{len(comparison.figures)} methods apart, however they differ."
        )
    if comparison.images < MIN_IMAGES:
        parts.append(f"A 95 % interval needs {MIN_IMAGES} images.")
    return "\n\n".join(parts)


def _ranks(comparison: MethodComparison) -> str:
    metric, digits = comparison.metric, comparison.metric.decimals
    rows = [
        [
            method,
            f"{np.mean(list(comparison.figures[method].values())):.{digits}f}",
            _ends(one.low, one.high, f".{digits}f", "–"),
            one.group,
        ]
        for method, one in comparison.standings.items()
    ]
    header = ("method", f"{metric.name}{metric.short_unit}", "95 %", "group")
    return grid(header, rows)


def _ends(low: float | None, high: float | None, form: str, between: str) -> str:
    """An interval as text; empty without one."""
    return "" if low is None or high is None else f"{low:{form}}{between}{high:{form}}"


def _pairs(comparison: MethodComparison) -> str:
    digits = comparison.metric.decimals
    rows = [
        [
            one.first,
            one.second,
            f"{one.mean:+.{digits}f}",
            _ends(one.low, one.high, f"+.{digits}f", "…"),
            f"{one.wins}/{one.ties}/{one.losses}",
            one.p_text,
        ]
        for one in comparison.differences
    ]
    return grid(("first", "second", "first-second", "95 %", "w/t/l", "p"), rows)
