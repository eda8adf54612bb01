"""Methods of run folders compared image by image: which of a table's differences are real."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from srbench.api import Metric
from srbench.errors import RequestError
from srbench.grids import grid
from srbench.leaderboard import current_records
from srbench.metrics import METRICS
from srbench.record import Record
from srbench.registry import suggest
from srbench.runs import labelled
from srbench.significance import Difference, compare_pairs, least_images, standings
from srbench.store import read_records, read_run

__all__ = [
    "Comparison",
    "Limit",
    "Place",
    "choose",
    "compare_methods",
    "compare_runs",
    "comparison_text",
    "read_limit",
    "worse",
]

Figures = Mapping[str, Mapping[str, float]]
"""By method and image."""


class Place(NamedTuple):
    """Where methods may be compared; hashes must agree."""

    dataset: str
    dataset_sha256: str
    scale: int
    protocol: str
    protocol_hash: str
    lr: str
    method: str = ""

    def __str__(self) -> str:
        """For people; with the method where it is compared with itself."""
        given = "" if self.lr == "made" else ", LR as given"
        method = f": {self.method}" if self.method else ""
        data = f"{self.dataset} ×{self.scale} ({self.dataset_sha256})"
        return f"{data}, {self.protocol} ({self.protocol_hash}){given}{method}"

    @property
    def short(self) -> str:
        """Without hashes."""
        return f"{self.dataset} ×{self.scale}, {self.protocol}{'' if self.lr == 'made' else ', LR as given'}"


@dataclass(frozen=True)
class Comparison:
    """The methods of one dataset, factor and protocol.

    Attributes:
        place: Dataset, factor and protocol.
        metric: What is compared.
        figures: By method and image, only of images that all methods have.
        left_out: How many images some method lacks.
        differences: Every pair of methods.
    """

    place: Place
    metric: Metric
    figures: Figures
    left_out: int
    differences: tuple[Difference, ...]

    @property
    def images(self) -> int:
        """How many are compared."""
        return len(next(iter(self.figures.values())))

    @cached_property
    def standings(self) -> dict[str, tuple[float, float, str]]:
        """Interval and letters of each method, the best first; see `srbench.significance.standings`."""
        return standings(self.figures, self.metric.higher_is_better)

    def describe(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "place": str(self.place),
            "metric": self.metric.name,
            "images": self.images,
            "left_out": self.left_out,
            "letters": {name: group for name, (_, _, group) in self.standings.items()},
            "differences": [vars(one) for one in self.differences],
        }


@dataclass(frozen=True)
class Limit:
    """What `--fail-if-worse psnr:0.05` says: by how much of a metric's unit the second may be worse."""

    metric: str
    by: float


def compare_methods(folder: Path, methods: Sequence[str], metric: str, *, least: int = 2) -> list[Comparison]:
    """Compare methods of one run, wherever it has two of them.

    Args:
        folder: A run folder.
        methods: Names of its rows; all if none are given.
        metric: A name.
        least: How many methods there must be; 1 where a single one is of interest too.

    Raises:
        RequestError: The folder holds no run, or not so many of these methods with this metric.
    """
    known = read_run(folder)["plan"]["methods"]
    for method in methods:
        if method not in known:
            raise RequestError(f"{folder}: has no method {method!r}{suggest(method, known)}; it has {', '.join(known)}")
    groups = _groups(folder, metric)
    wanted = {
        place: {name: figures[name] for name in (methods or _by_mean(figures, metric)) if name in figures}
        for place, figures in groups.items()
    }
    several = "two methods" if least > 1 else "method"
    return _compared(wanted, metric, f"{folder}: has no {several} with {metric} on the same images", least)


def choose(found: Sequence[Comparison], *, dataset: str = "", scale: str = "", protocol: str = "") -> Comparison:
    """The one comparison that is meant.

    Args:
        found: Of `compare_methods`.
        dataset: Whose; empty for any.
        scale: At which factor.
        protocol: Under which.

    Raises:
        RequestError: None is, or several.
    """
    places = [one.place for one in found]
    asked = {"dataset": dataset, "scale": scale, "protocol": protocol}
    for what, name in asked.items():
        known = list(dict.fromkeys(str(getattr(place, what)) for place in places))
        if name and name not in known:
            raise RequestError(f"--{what} {name}: not in the run{suggest(name, known)}; it has {', '.join(known)}")
    fitting = [
        one for one in found if all(not name or str(getattr(one.place, what)) == name for what, name in asked.items())
    ]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        raise RequestError(f"{' '.join(filter(None, asked.values()))}: not in the run; it has {_listed(places)}")
    raise RequestError(
        f"the run has {_listed([one.place for one in fitting])}; choose with --dataset, --scale, --protocol"
    )


def _listed(places: Sequence[Place]) -> str:
    more = f" and {len(places) - 4} more" if len(places) > 4 else ""
    return "; ".join(place.short for place in places[:4]) + more


def _by_mean(figures: Figures, metric: str) -> list[str]:
    """Methods, best first."""
    sign = -1 if METRICS[metric].higher_is_better else 1
    return sorted(figures, key=lambda name: sign * float(np.mean(list(figures[name].values()))))


def compare_runs(first: Path, second: Path, metric: str) -> list[Comparison]:
    """Compare two runs: each method that both have with itself, or the only method of one with that of the other.

    Args:
        first: A run folder.
        second: Another.
        metric: A name.

    Raises:
        RequestError: A folder holds no run, or nothing in them can be compared.
    """
    here, there = _groups(first, metric), _groups(second, metric)
    known = labelled([first, second])
    names = [known[first], known[second]]
    pairs: dict[Place, Figures] = {}
    for place in [place for place in here if place in there]:
        common = [name for name in here[place] if name in there[place]]
        for method in common:
            labels = [f"{method} ({name})" for name in names]
            pairs[place._replace(method=method)] = dict(
                zip(labels, (here[place][method], there[place][method]), strict=True)
            )
        if not common and len(here[place]) == len(there[place]) == 1:
            pairs[place] = {**here[place], **there[place]}
    return _compared(pairs, metric, f"{first} and {second}: have no method with {metric} on the same images in common")


def _groups(folder: Path, metric: str) -> dict[Place, dict[str, dict[str, float]]]:
    """Figures by place, method and image."""
    if metric not in METRICS:
        raise RequestError(f"unknown metric {metric!r}{suggest(metric, METRICS)}; see: srbench list metrics")
    run = read_run(folder)
    groups: dict[Place, dict[str, dict[str, float]]] = {}
    for record in current_records(run, read_records(folder)):
        value = record.scores.get(metric)
        if record.status == "ok" and value is not None:
            by_method = groups.setdefault(_place(run, record), {})
            by_method.setdefault(record.key.method, {})[record.key.image] = value
    return groups


def _place(run: Mapping[str, Any], record: Record) -> Place:
    key = record.key
    data = run["datasets"][key.dataset]["sha256"]
    return Place(key.dataset, data, key.scale, key.protocol, record.protocol_hash, key.lr)


def _compared(groups: Mapping[Place, Figures], metric: str, nothing: str, least: int = 2) -> list[Comparison]:
    found: list[Comparison] = []
    for place, figures in groups.items():
        if len(figures) < least:
            continue
        everyone = set.intersection(*(set(images) for images in figures.values()))
        if not everyone:
            continue
        everything = set.union(*(set(images) for images in figures.values()))
        common = {
            method: {image: value for image, value in images.items() if image in everyone}
            for method, images in figures.items()
        }
        pairs = compare_pairs(common, higher_is_better=METRICS[metric].higher_is_better)
        found.append(Comparison(place, METRICS[metric], common, len(everything) - len(everyone), tuple(pairs)))
    if not found:
        raise RequestError(nothing)
    return found


def read_limit(text: str) -> Limit:
    """Read `psnr:0.05`.

    Raises:
        RequestError: It is none.
    """
    name, _, number = text.partition(":")
    try:
        by = float(number)
    except ValueError:
        by = -1.0
    if name not in METRICS or not 0 <= by < float("inf"):
        raise RequestError(f"limit {text!r}: write METRIC:AMOUNT, for example psnr:0.05 for 0.05 dB")
    return Limit(name, by)


def worse(comparisons: Sequence[Comparison], limit: Limit) -> list[str]:
    """Where the second of two is worse than the first by more than the limit, on the mean: a line each."""
    lines: list[str] = []
    for comparison in comparisons:
        sign = 1 if comparison.metric.higher_is_better else -1
        lines += [
            f"{one.second} is worse than {one.first} on {comparison.place} by {sign * one.mean:.4g}"
            f"{comparison.metric.short_unit}, more than {limit.by:g}"
            for one in comparison.differences
            if sign * one.mean > limit.by
        ]
    return lines


def comparison_text(comparison: Comparison) -> str:
    """For a terminal of 80 columns."""
    parts = [f"{comparison.place}, {comparison.images} images", _ranks(comparison), _pairs(comparison)]
    if comparison.left_out:
        parts.append(f"{comparison.left_out} images are left out, which some method has no figure for.")
    least = least_images(len(comparison.figures))
    if comparison.images < least:
        parts.append(
            f"{comparison.images} images are too few for a claim: with fewer than {least} no test can tell two of\n"
            f"{len(comparison.figures)} methods apart, however they differ."
        )
    return "\n\n".join(parts)


def _ranks(comparison: Comparison) -> str:
    metric, digits = comparison.metric, comparison.metric.decimals
    rows = [
        [
            method,
            f"{np.mean(list(comparison.figures[method].values())):.{digits}f}",
            f"{low:.{digits}f}–{high:.{digits}f}",
            group,
        ]
        for method, (low, high, group) in comparison.standings.items()
    ]
    header = ("method", f"{metric.name}{metric.short_unit}", "95 %", "group")
    return grid(header, rows)


def _pairs(comparison: Comparison) -> str:
    digits = comparison.metric.decimals
    rows = [
        [
            one.first,
            one.second,
            f"{one.mean:+.{digits}f}",
            f"{one.low:+.{digits}f}…{one.high:+.{digits}f}",
            f"{one.wins}/{one.ties}/{one.losses}",
            one.p_text,
        ]
        for one in comparison.differences
    ]
    return grid(("first", "second", "first-second", "95 %", "w/t/l", "p"), rows)
