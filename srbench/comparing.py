"""Methods of run folders compared image by image: which of a table's differences are real."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from srbench.api import Metric
from srbench.errors import RequestError
from srbench.grids import grid
from srbench.leaderboard import current_records
from srbench.metrics import METRICS
from srbench.record import Record
from srbench.registry import suggest
from srbench.significance import LEAST_IMAGES, Difference, compare_pairs, letters, standings
from srbench.store import read_records, read_run

__all__ = ["Comparison", "Limit", "compare_methods", "compare_runs", "comparison_text", "read_limit", "worse"]

Figures = Mapping[str, Mapping[str, float]]
"""By method and image."""


@dataclass(frozen=True)
class Comparison:
    """The methods of one dataset, factor and protocol.

    Attributes:
        place: Dataset, factor and protocol, for people.
        metric: What is compared.
        figures: By method and image, only of images that all methods have.
        left_out: How many images some method lacks.
        differences: Every pair of methods.
    """

    place: str
    metric: Metric
    figures: Figures
    left_out: int
    differences: tuple[Difference, ...]

    @property
    def images(self) -> int:
        """How many are compared."""
        return len(next(iter(self.figures.values())))

    def describe(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "place": self.place,
            "metric": self.metric.name,
            "images": self.images,
            "left_out": self.left_out,
            "letters": _letters(self),
            "differences": [vars(one) for one in self.differences],
        }


@dataclass(frozen=True)
class Limit:
    """What `--fail-if-worse psnr:0.05` says: by how much of a metric's unit the second may be worse."""

    metric: str
    by: float


def compare_methods(folder: Path, methods: Sequence[str], metric: str) -> list[Comparison]:
    """Compare methods of one run, wherever it has two of them.

    Args:
        folder: A run folder.
        methods: Names of its rows; all if none are given.
        metric: A name.

    Raises:
        RequestError: The folder holds no run, or no two of these methods with this metric.
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
    return _compared(wanted, metric, f"{folder}: has no two methods with {metric} on the same images")


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
    names = [folder.name if first.name != second.name else str(folder) for folder in (first, second)]
    pairs: dict[str, Figures] = {}
    for place in [place for place in here if place in there]:
        common = [name for name in here[place] if name in there[place]]
        for method in common:
            labels = [f"{method} ({name})" for name in names]
            pairs[f"{place}: {method}"] = dict(zip(labels, (here[place][method], there[place][method]), strict=True))
        if not common and len(here[place]) == len(there[place]) == 1:
            pairs[place] = {**here[place], **there[place]}
    return _compared(pairs, metric, f"{first} and {second}: have no method with {metric} on the same images in common")


def _groups(folder: Path, metric: str) -> dict[str, dict[str, dict[str, float]]]:
    """Figures by place, method and image; a place's name holds the hashes that must agree."""
    if metric not in METRICS:
        raise RequestError(f"unknown metric {metric!r}{suggest(metric, METRICS)}; see: srbench list metrics")
    run = read_run(folder)
    groups: dict[str, dict[str, dict[str, float]]] = {}
    for record in current_records(run, read_records(folder)):
        value = record.scores.get(metric)
        if record.status == "ok" and value is not None:
            by_method = groups.setdefault(_place(run, record), {})
            by_method.setdefault(record.key.method, {})[record.key.image] = value
    return groups


def _place(run: Mapping[str, Any], record: Record) -> str:
    key = record.key
    given = "" if key.lr == "made" else ", LR as given"
    data = run["datasets"][key.dataset]["sha256"]
    return f"{key.dataset} ×{key.scale} ({data}), {key.protocol} ({record.protocol_hash}){given}"


def _compared(groups: Mapping[str, Figures], metric: str, nothing: str) -> list[Comparison]:
    found: list[Comparison] = []
    for place, figures in groups.items():
        if len(figures) < 2:
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
            f"{_unit(comparison.metric)}, more than {limit.by:g}"
            for one in comparison.differences
            if sign * one.mean > limit.by
        ]
    return lines


def comparison_text(comparison: Comparison) -> str:
    """For a terminal of 80 columns."""
    parts = [f"{comparison.place}, {comparison.images} images", _ranks(comparison), _pairs(comparison)]
    if comparison.left_out:
        parts.append(f"{comparison.left_out} images are left out, which some method has no figure for.")
    if comparison.images < LEAST_IMAGES:
        parts.append(
            f"{comparison.images} images are too few for a claim: with fewer than {LEAST_IMAGES} no test can tell two\n"
            "methods apart, however they differ."
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
        for method, (low, high, group) in standings(comparison.figures, metric.higher_is_better).items()
    ]
    header = ("method", f"{metric.name}{_unit(metric)}", "95 %", "group")
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
            "" if one.p is None else "<0.0001" if one.p < 0.0001 else f"{one.p:.4f}",
        ]
        for one in comparison.differences
    ]
    return grid(("first", "second", "first-second", "95 %", "w/t/l", "p"), rows)


def _letters(comparison: Comparison) -> dict[str, str]:
    apart = {frozenset((one.first, one.second)) for one in comparison.differences if one.real}
    return letters(_best_first(comparison), apart)


def _best_first(comparison: Comparison) -> list[str]:
    return _by_mean(comparison.figures, comparison.metric.name)


def _unit(metric: Metric) -> str:
    return f" {metric.unit}" if metric.unit == "dB" else ""
