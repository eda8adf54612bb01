"""Methods of run folders compared image by image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from srbench.errors import RequestError, suggest
from srbench.leaderboard.significance.comparison import Figures, MethodComparison, Place
from srbench.leaderboard.significance.paired import compare_pairs
from srbench.metrics import METRICS
from srbench.runs import Record, current_records, labels_of, read_records, read_run

__all__ = ["choose", "compare_methods", "compare_runs"]


def compare_methods(folder: Path, methods: Sequence[str], metric: str, *, least: int = 2) -> list[MethodComparison]:
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


def choose(
    found: Sequence[MethodComparison], *, dataset: str = "", scale: str = "", protocol: str = ""
) -> MethodComparison:
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


def compare_runs(first: Path, second: Path, metric: str) -> list[MethodComparison]:
    """Compare two runs: each method that both have with itself, or the only method of one with that of the other.

    Args:
        first: A run folder.
        second: Another.
        metric: A name.

    Raises:
        RequestError: A folder holds no run, or nothing in them can be compared.
    """
    here, there = _groups(first, metric), _groups(second, metric)
    known = labels_of([first, second])
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


def _compared(groups: Mapping[Place, Figures], metric: str, nothing: str, least: int = 2) -> list[MethodComparison]:
    found: list[MethodComparison] = []
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
        found.append(MethodComparison(place, METRICS[metric], common, len(everything) - len(everyone), tuple(pairs)))
    if not found:
        raise RequestError(nothing)
    return found
