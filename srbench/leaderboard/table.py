"""From records to a table: one row per cell, never ranked across datasets, scales or protocols."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from srbench.api import Metric
from srbench.leaderboard.columns.downstream import attribute_rows, downstream_columns
from srbench.leaderboard.columns.speed import SPEED_COLUMNS, WHOLE_COLUMNS
from srbench.leaderboard.significance.paired import min_images, standings
from srbench.leaderboard.tally import GROUP_COLUMNS, Tally, largest_sets, tallies
from srbench.metrics import METRICS
from srbench.parallel import grouped
from srbench.runs import Described, Record, RecordKey, current_records

__all__ = ["LEADING_COLUMNS", "build_attribute_table", "build_table", "build_tables", "records_frame"]

LEADING_COLUMNS = ("method", "dataset", "scale", "protocol", "images", "psnr", "ssim", "ms_ssim", "l1")
"""What every leaderboard.csv begins with; columns of metrics that were not computed are empty."""

_CONDITIONS = [
    "failed",
    "missing",
    "lr",
    "protocol_hash",
    "dataset_sha256",
    "weights_sha256",
    "device",
    "precision",
    "runtime",
    "srbench",
]


def build_table(run: Described, records: Sequence[Record]) -> pd.DataFrame:
    """Aggregate one run's records; see `build_tables`."""
    return build_tables({"": (run, records)})


def build_tables(runs: Mapping[str, tuple[Described, Sequence[Record]]]) -> pd.DataFrame:
    """Aggregate the records of several runs into one table.

    A metric's figure is the mean over the cell's scored images. Where images failed or are missing it is shown only for
    the cells of a group that scored the same, largest, set of images; and a metric that lacks a value for one of them
    has no figure. A mean over other images cannot be compared with its neighbours in the table.

    Args:
        runs: By label: what `run.json` holds, and records in any order; those of an earlier state of a method or an
            image, or of another plan, are not counted.

    Returns:
        A row per cell, best first within `GROUP_COLUMNS`, incomplete ones last. Columns: `LEADING_COLUMNS`, further
        metrics, the first metric's 95 % interval and rank group (methods that share a letter cannot be told apart),
        then the conditions; `images` counts scored ones, `failed` those that failed, `missing` those not tried yet.
        Rows of two runs that agree in everything become one; of a cell whose rows differ both are kept, their method
        marked with the run's label.
    """
    found = [
        tally for label, (run, records) in runs.items() for tally in tallies(label, run, current_records(run, records))
    ]
    largest = largest_sets(found)
    metrics = list(dict.fromkeys(name for run, _ in runs.values() for name in run["plan"]["metrics"]))
    comparable = [tally.images == largest[tally.group] for tally in found]
    ranks = _standings([tally for tally, same in zip(found, comparable, strict=True) if same], METRICS[metrics[0]])
    rows = [
        {**tally.row(comparable=same), **ranks.get(id(tally), {}), "_run": tally.label}
        for tally, same in zip(found, comparable, strict=True)
    ]
    others = [name for name in METRICS if name not in LEADING_COLUMNS and name in metrics]
    speed = list(SPEED_COLUMNS) if any("timings" in run for run, _ in runs.values()) else []
    classifiers = list(dict.fromkeys(name for run, _ in runs.values() for name in run["plan"].get("classifiers", ())))
    scores = downstream_columns(classifiers)
    numbers = [name for name in scores if any(name in row for row in rows)]
    scores = numbers + [f"{name}:{what}" for name in classifiers for what in ("identity", "labels")]
    interval = [f"{metrics[0]}_low", f"{metrics[0]}_high"]
    columns = [*LEADING_COLUMNS, *others, *interval, "rank_group", *scores, *_CONDITIONS, *speed]
    table = pd.DataFrame(rows, columns=[*columns, "_run"])
    table["rank_group"] = table["rank_group"].astype(object).where(table["rank_group"].notna(), "")
    table = table.astype({name: float for name in (*METRICS, *interval, *numbers) if name in columns})
    if speed:
        table = table.astype(dict.fromkeys(WHOLE_COLUMNS, "Int64"))
    table = table.drop_duplicates(columns).reset_index(drop=True)
    clash = table.duplicated(["method", *GROUP_COLUMNS], keep=False)
    table.loc[clash, "method"] = table["method"] + " (" + table["_run"] + ")"
    return _sorted(table[columns], metrics)


def build_attribute_table(run: Described, records: Sequence[Record]) -> pd.DataFrame:
    """A row per cell, classifier and attribute: how many images have it, and how often it is told right, on HR too.

    Cells without labels of attributes have none, nor have those that did not score every image.
    """
    rows: list[dict[str, Any]] = []
    for tally in tallies("", run, current_records(run, records)):
        expected = len(run["datasets"][tally.cell[1]]["images"])
        cell = dict(zip(("method", "dataset", "scale", "protocol", "lr"), tally.cell, strict=True))
        data = run["datasets"][cell["dataset"]]
        cell |= {"dataset_sha256": data["sha256"], "labels_sha256": data.get("labels_sha256", "")}
        for name, described in run.get("classifiers", {}).items() if len(tally.scored) == expected else ():
            seen = [record.seen for record in tally.scored]
            rows += [
                {**cell, "classifier": name, "identity": described["identity"], **row}
                for row in attribute_rows(name, described.get("classes", ()), seen)
            ]
    return pd.DataFrame(rows)


def _standings(found: Sequence[Tally], metric: Metric) -> dict[int, dict[str, Any]]:
    """Interval and rank group of each cell's mean among those of its group, by the tally's `id`; none of few images."""
    columns: dict[int, dict[str, Any]] = {}
    for _, same in grouped(found, lambda tally: tally.group):
        keys = {id(tally): (tally.cell[0], tuple(tally.figures(metric.name).items())) for tally in same}
        # A cell that several runs hold counts once.
        rows = [key for key in dict.fromkeys(keys.values()) if len(key[1]) >= min_images(2)]
        names = {key: str(index) for index, key in enumerate(rows)}
        ranks = standings({name: dict(values) for (_, values), name in names.items()}, metric.higher_is_better)
        for tally, key in keys.items():
            if key in names:
                low, high, group = ranks[names[key]]
                columns[tally] = {f"{metric.name}_low": low, f"{metric.name}_high": high, "rank_group": group}
    return columns


def _sorted(table: pd.DataFrame, metrics: Sequence[str]) -> pd.DataFrame:
    """Best first by the first metric; groups keep the plan's order, incomplete rows come last in theirs."""
    if table.empty:
        return table
    first = METRICS[metrics[0]]
    keys = table.assign(
        _group=table.groupby(GROUP_COLUMNS, sort=False).ngroup(),
        _incomplete=table["failed"] + table["missing"] > 0,
        _score=table[first.name],
    )
    keys = keys.sort_values(
        ["_group", "_incomplete", "_score"], ascending=[True, True, not first.higher_is_better], kind="stable"
    )
    return table.loc[keys.index].reset_index(drop=True)


def records_frame(records: Sequence[Record]) -> pd.DataFrame:
    """One row per record: the key, the scores, then status, warnings and error."""
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
