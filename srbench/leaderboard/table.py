"""The table of a leaderboard: one row per cell, never ranked across datasets, scales or protocols."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from srbench.api import MetricInfo
from srbench.leaderboard.columns.downstream import attribute_rows, downstream_columns
from srbench.leaderboard.columns.speed import SPEED_COLUMNS, WHOLE_COLUMNS
from srbench.leaderboard.significance.paired import standings
from srbench.leaderboard.tally import GROUP_COLUMNS, Tally, largest_sets, metrics_of, shared_by_metric, tallies
from srbench.parallel import grouped
from srbench.runs import Record, RecordKey, Run

LEADING_COLUMNS = ("method", "dataset", "scale", "protocol", "images", "psnr", "ssim", "ms_ssim", "l1")
"""First columns of every leaderboard.csv; columns of metrics that were not computed are empty."""

_CONDITIONS = [
    *("failed", "missing", "lr", "protocol_hash", "dataset_sha256", "weights_sha256"),
    *("device", "precision", "runtime", "srbench"),
]


@dataclass(frozen=True)
class Leaderboard:
    """A table, its metrics and its notes.

    Attributes:
        table: A row per cell; see `build_table`.
        metrics: Metrics by name, in the order requested.
        notes: Remarks to be printed below the table, a line each.
        ordered: Whether the rows are in a requested order, which every printed part keeps.
    """

    table: pd.DataFrame
    metrics: Mapping[str, MetricInfo]
    notes: tuple[str, ...] = ()
    ordered: bool = False


def build_table(runs: Sequence[Run]) -> pd.DataFrame:
    """Aggregate the records of one run or several into one table.

    A metric's value is the mean over the cell's scored images. Means over different images cannot be compared, so only
    cells that scored the largest set of a dataset's images have values, and an image without a value in one row is left
    out of the metric's means of all rows (see `shared_images`); a note names it.

    Args:
        runs: Runs, finished or not; at least one.

    Returns:
        A row per cell, best first per dataset, scale and protocol, incomplete last. Columns: `LEADING_COLUMNS`, other
        metrics, the first metric's 95 % interval and rank group (methods that share a letter do not differ
        significantly), then the conditions; `images`, `failed` and `missing` count scored, failed and untried images.
        Equal rows of two runs become one; different rows of one cell are both kept, with the run's label added to
        their method.

    Raises:
        StoreError: Two runs have a metric of the same name with different units or directions.
    """
    metrics = metrics_of(runs)
    first = next(iter(metrics.values()))
    found = [tally for run in runs for tally in tallies(run)]
    largest = largest_sets(found)
    comparable = [tally for tally in found if tally.images == largest[tally.place]]
    shared: dict[int, dict[str, frozenset[str]]] = {}
    ranks: dict[int, dict[str, Any]] = {}
    for _, same in grouped(comparable, lambda tally: tally.place):
        images = shared_by_metric(same)
        shared |= {id(tally): images for tally in same}
        ranks |= _standings(same, first, images.get(first.name, frozenset()))
    rows = [{**tally.row(shared.get(id(tally))), **ranks.get(id(tally), {}), "_run": tally.label} for tally in found]
    others = [name for name in metrics if name not in LEADING_COLUMNS]
    speed = list(SPEED_COLUMNS) if any(run.description.timings for run in runs) else []
    classifiers = list(dict.fromkeys(name for run in runs for name in run.description.plan.classifiers))
    scores = downstream_columns(classifiers)
    numbers = [name for name in scores if any(name in row for row in rows)]
    scores = numbers + [f"{name}:{what}" for name in classifiers for what in ("identity", "labels")]
    interval = [f"{first.name}_low", f"{first.name}_high"]
    columns = [*LEADING_COLUMNS, *others, *interval, "rank_group", *scores, *_CONDITIONS, *speed]
    table = pd.DataFrame(rows, columns=[*columns, "_run"])
    table["rank_group"] = table["rank_group"].astype(object).where(table["rank_group"].notna(), "")
    table = table.astype(dict.fromkeys([*LEADING_COLUMNS[5:], *others, *interval, *numbers], float))
    if speed:
        table = table.astype(dict.fromkeys(WHOLE_COLUMNS, "Int64"))
    table = table.drop_duplicates(columns).reset_index(drop=True)
    clash = table.duplicated(["method", *GROUP_COLUMNS], keep=False)
    table.loc[clash, "method"] = table["method"] + " (" + table["_run"] + ")"
    return _best_first(table[columns], first)


def build_attribute_table(run: Run) -> pd.DataFrame:
    """Build a table with a row per cell, classifier and attribute: image and positive counts, accuracy (on HR too).

    Cells without attribute labels, or without a score for every image, have no rows.
    """
    rows: list[dict[str, Any]] = []
    for tally in tallies(run):
        if len(tally.scored) < tally.expected:
            continue
        data = tally.run.datasets[tally.cell.dataset]
        cell = tally.cell._asdict() | {"dataset_sha256": data.sha256, "labels_sha256": data.labels_sha256}
        seen = [record.seen for record in tally.scored]
        for name, classifier in tally.run.classifiers.items():
            rows += [
                {**cell, "classifier": name, "identity": classifier.identity, **row}
                for row in attribute_rows(name, classifier.classes, seen)
            ]
    return pd.DataFrame(rows)


def _standings(same: Sequence[Tally], metric: MetricInfo, images: frozenset[str]) -> dict[int, dict[str, Any]]:
    """Interval and rank group of each cell's mean, by the tally's `id`, for cells of one place on shared images."""
    keys = {id(tally): (tally.cell.method, tuple(tally.figures(metric.name, images).items())) for tally in same}
    # A cell that occurs in several runs counts once.
    names = {key: str(index) for index, key in enumerate(dict.fromkeys(key for key in keys.values() if key[1]))}
    ranks = standings({name: dict(values) for (_, values), name in names.items()}, metric)
    found = {tally: ranks[names[key]] for tally, key in keys.items() if key in names}
    return {
        tally: {f"{metric.name}_low": one.low, f"{metric.name}_high": one.high, "rank_group": one.group}
        for tally, one in found.items()
    }


def _best_first(table: pd.DataFrame, metric: MetricInfo) -> pd.DataFrame:
    """Sort by a metric within each place, incomplete rows last; places keep the plan's order."""
    if table.empty:
        return table
    keys = table.assign(
        _place=table.groupby(GROUP_COLUMNS, sort=False).ngroup(),
        _incomplete=table["failed"] + table["missing"] > 0,
        _score=table[metric.name],
    )
    keys = keys.sort_values(
        ["_place", "_incomplete", "_score"], ascending=[True, True, not metric.higher_is_better], kind="stable"
    )
    return table.loc[keys.index].reset_index(drop=True)


def records_frame(records: Sequence[Record]) -> pd.DataFrame:
    """Return a DataFrame with a row per record: key, scores, status, warnings and error."""
    rows = [
        {
            **record.key._asdict(),
            **record.scores,
            "status": record.status,
            "warnings": "; ".join(record.warnings),
            "error": record.error,
        }
        for record in records
    ]
    return pd.DataFrame(rows, columns=None if rows else [*RecordKey._fields, "status", "warnings", "error"])
