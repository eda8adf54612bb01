"""Comparing methods of runs image by image."""

from collections.abc import Mapping, Sequence

import numpy as np

from srbench.api import MetricInfo
from srbench.errors import RequestError, suggest
from srbench.leaderboard.significance.comparison import MethodComparison
from srbench.leaderboard.significance.paired import Figures, compare_pairs
from srbench.leaderboard.tally import Place, tallies
from srbench.runs import Run


def compare_methods(run: Run, methods: Sequence[str], metric: str, *, least: int = 2) -> list[MethodComparison]:
    """Compare methods of one run on every dataset, scale and protocol that has at least `least` of them.

    Args:
        run: The run.
        methods: Names of the run's methods; all if empty.
        metric: Name of one of the run's metrics.
        least: Smallest number of methods to compare; 1 also returns a method alone.

    Raises:
        RequestError: The run lacks a method, the metric, or enough of these methods on the same images.
    """
    known = run.description.plan.methods
    for method in methods:
        if method not in known:
            raise RequestError(
                f"{run.folder}: has no method {method!r}{suggest(method, known)}; it has {', '.join(known)}"
            )
    info, groups = _info(run, metric), _groups(run, metric)
    wanted = {
        (place, ""): {name: figures[name] for name in (methods or _by_mean(figures, info)) if name in figures}
        for place, figures in groups.items()
    }
    several = "two methods" if least > 1 else "method"
    return _compared(wanted, info, f"{run.folder}: has no {several} with {metric} on the same images", least)


def choose(
    found: Sequence[MethodComparison], *, dataset: str = "", scale: str = "", protocol: str = ""
) -> MethodComparison:
    """Return the one comparison with a given dataset, scale and protocol; an empty string matches any.

    Raises:
        RequestError: No comparison matches, or several do.
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
    return "; ".join(place.title for place in places[:4]) + more


def _by_mean(figures: Figures, metric: MetricInfo) -> list[str]:
    """Methods by mean, best first."""
    return sorted(figures, key=lambda name: -metric.sign * float(np.mean(list(figures[name].values()))))


def compare_runs(first: Run, second: Run, metric: str) -> list[MethodComparison]:
    """Compare two runs with different labels: each common method with itself, or the only method of each.

    Raises:
        RequestError: A run lacks the metric, or the runs have no method and images in common.
    """
    info = _info(first, metric)
    _info(second, metric)
    here, there = _groups(first, metric), _groups(second, metric)
    pairs: dict[tuple[Place, str], Figures] = {}
    for place in [place for place in here if place in there]:
        common = [name for name in here[place] if name in there[place]]
        for method in common:
            labels = [f"{method} ({run.label})" for run in (first, second)]
            pairs[place, method] = dict(zip(labels, (here[place][method], there[place][method]), strict=True))
        if not common and len(here[place]) == len(there[place]) == 1:
            pairs[place, ""] = {**here[place], **there[place]}
    nothing = f"{first.folder} and {second.folder}: have no method with {metric} on the same images in common"
    return _compared(pairs, info, nothing)


def _info(run: Run, metric: str) -> MetricInfo:
    infos = run.description.infos()
    if metric not in infos:
        raise RequestError(f"{run.folder}: has no metric {metric!r}{suggest(metric, infos)}; it has {', '.join(infos)}")
    return infos[metric]


def _groups(run: Run, metric: str) -> dict[Place, dict[str, dict[str, float]]]:
    """Return the metric's scores by Place, method and image."""
    groups: dict[Place, dict[str, dict[str, float]]] = {}
    for tally in tallies(run):
        values = {record.key.image: record.scores.get(metric) for record in tally.scored}
        figures = {image: value for image, value in values.items() if value is not None}
        if figures:
            groups.setdefault(tally.place, {})[tally.cell.method] = figures
    return groups


def _compared(
    groups: Mapping[tuple[Place, str], Figures], metric: MetricInfo, nothing: str, least: int = 2
) -> list[MethodComparison]:
    found: list[MethodComparison] = []
    for (place, method), figures in groups.items():
        if len(figures) < least:
            continue
        everyone = set.intersection(*(set(images) for images in figures.values()))
        if not everyone:
            continue
        everything = set.union(*(set(images) for images in figures.values()))
        common = {
            name: {image: value for image, value in images.items() if image in everyone}
            for name, images in figures.items()
        }
        pairs = compare_pairs(common, metric)
        found.append(MethodComparison(place, metric, common, len(everything) - len(everyone), tuple(pairs), method))
    if not found:
        raise RequestError(f"{nothing}; choose other methods, runs or another metric")
    return found
