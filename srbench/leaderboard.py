"""From records to a table: one row per cell, never ranked across datasets, scales or protocols."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from srbench.api import Metric
from srbench.downstream.columns import attribute_rows, downstream_columns, downstream_row
from srbench.grouping import grouped
from srbench.inference import named_parts
from srbench.metrics import METRICS
from srbench.record import Record, RecordKey
from srbench.significance import least_images, standings
from srbench.timing.columns import SPEED_COLUMNS, WHOLE_COLUMNS, speed_row

__all__ = [
    "GROUP_COLUMNS",
    "LEADING_COLUMNS",
    "Described",
    "Tally",
    "build_attribute_table",
    "build_table",
    "build_tables",
    "cells",
    "current_records",
    "largest_sets",
    "records_frame",
    "tallies",
]

LEADING_COLUMNS = ("method", "dataset", "scale", "protocol", "images", "psnr", "ssim", "ms_ssim", "l1")
"""What every leaderboard.csv begins with; columns of metrics that were not computed are empty."""

GROUP_COLUMNS = ["dataset", "dataset_sha256", "scale", "protocol", "protocol_hash", "lr"]
"""Rows that agree in these may be ranked against each other."""

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

Described = Mapping[str, Any]
"""What `run.json` holds."""


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


def current_records(run: Described, records: Sequence[Record]) -> list[Record]:
    """The records that belong to the run as `run.json` describes it now, in its order.

    A record of a method or an image that has changed since, or is no longer there, is left out.
    """
    by_key = {tuple(record.key): record for record in records}
    current: list[Record] = []
    for cell in cells(run):
        method, dataset, scale, protocol, _ = cell
        basis = run["bases"][method][str(scale)][protocol]
        for image, files in run["datasets"][dataset]["files"][str(scale)].items():
            record = by_key.get((*cell, image))
            if record is not None and record.fingerprint == f"{basis}-{files}":
                current.append(record)
    return current


def cells(run: Described) -> Iterator[tuple[Any, ...]]:
    """Method, dataset, scale, protocol and LR of each cell, in the plan's order."""
    plan = run["plan"]
    refused = {(item["method"], item["scale"], item["protocol"]) for item in run["refused"]}
    for dataset in plan["datasets"]:
        for scale in plan["scales"]:
            for protocol in plan["protocols"]:
                for method in plan["methods"]:
                    if (method, scale, protocol) not in refused:
                        yield (method, dataset, scale, protocol, plan["lr"])


@dataclass(frozen=True)
class Tally:
    """What became of a cell's images; `run` is what `run.json` holds."""

    label: str
    run: Described
    cell: tuple[Any, ...]
    scored: tuple[Record, ...]
    failed: int

    @property
    def images(self) -> frozenset[str]:
        """The scored ones."""
        return frozenset(record.key.image for record in self.scored)

    @property
    def group(self) -> tuple[Any, ...]:
        """`GROUP_COLUMNS`."""
        _, dataset, scale, protocol, lr = self.cell
        run = self.run
        return dataset, run["datasets"][dataset]["sha256"], scale, protocol, run["protocols"][protocol]["hash"], lr

    def figures(self, metric: str) -> dict[str, float]:
        """A metric by image; nothing where an image lacks it."""
        values = {record.key.image: record.scores.get(metric) for record in self.scored}
        known = {image: value for image, value in values.items() if value is not None}
        return known if len(known) == len(values) else {}

    def _seen(self) -> dict[str, Any]:
        """What classifiers made of its images."""
        classifiers = self.run["plan"].get("classifiers", ())
        row = downstream_row(classifiers, [record.seen for record in self.scored])
        for name in classifiers:
            described = self.run["classifiers"][name]
            used = self.cell[1] not in described.get("unused_labels", {})
            row[f"{name}:identity"] = described["identity"]
            row[f"{name}:labels"] = self.run["datasets"][self.cell[1]].get("labels_sha256", "") if used else ""
        return row

    def row(self, *, comparable: bool) -> dict[str, Any]:
        """The table's row; without figures where the images are not those of its group."""
        method, _, scale, _, _ = self.cell
        means = {name: _mean([record.scores.get(name) for record in self.scored]) for name in METRICS}
        expected = len(self.run["datasets"][self.cell[1]]["images"])
        environment = self.run["environment"]
        labels = sorted({record.precision for record in self.scored})
        precisions, runtimes = zip(*map(named_parts, labels), strict=True) if labels else ((), ())
        return {
            "method": method,
            **dict(zip(GROUP_COLUMNS, self.group, strict=True)),
            "images": len(self.scored),
            **(means | self._seen() if comparable else {}),
            "failed": self.failed,
            "missing": expected - len(self.scored) - self.failed,
            "weights_sha256": self.run["methods"][method].get(str(scale), {}).get("weights", ""),
            "device": environment["device"],
            "precision": " / ".join(dict.fromkeys(precisions)),
            "runtime": " / ".join(dict.fromkeys(runtimes)),
            "srbench": self.run["srbench"],
            **speed_row(self.run.get("timings", {}), method, scale),
        }


def _standings(found: Sequence[Tally], metric: Metric) -> dict[int, dict[str, Any]]:
    """Interval and rank group of each cell's mean among those of its group, by the tally's `id`; none of few images."""
    columns: dict[int, dict[str, Any]] = {}
    for _, same in grouped(found, lambda tally: tally.group):
        keys = {id(tally): (tally.cell[0], tuple(tally.figures(metric.name).items())) for tally in same}
        # A cell that several runs hold counts once.
        rows = [key for key in dict.fromkeys(keys.values()) if len(key[1]) >= least_images(2)]
        names = {key: str(index) for index, key in enumerate(rows)}
        ranks = standings({name: dict(values) for (_, values), name in names.items()}, metric.higher_is_better)
        for tally, key in keys.items():
            if key in names:
                low, high, group = ranks[names[key]]
                columns[tally] = {f"{metric.name}_low": low, f"{metric.name}_high": high, "rank_group": group}
    return columns


def largest_sets(tallies: Sequence[Tally]) -> dict[tuple[Any, ...], frozenset[str]]:
    """The largest set of images that a cell of each group has scored."""
    largest: dict[tuple[Any, ...], frozenset[str]] = {}
    for tally in tallies:
        largest[tally.group] = max(largest.get(tally.group, frozenset()), tally.images, key=len)
    return largest


def tallies(label: str, run: Described, current: Sequence[Record]) -> Iterator[Tally]:
    """A tally of each cell of a run; `current` is what `current_records` found."""
    by_cell: dict[tuple[Any, ...], list[Record]] = defaultdict(list)
    for record in current:
        by_cell[tuple(record.key[:-1])].append(record)
    for cell in cells(run):
        found = by_cell[cell]
        scored = tuple(record for record in found if record.status == "ok")
        yield Tally(label, run, cell, scored, len(found) - len(scored))


def _mean(values: Sequence[float | None]) -> float | None:
    present = [value for value in values if value is not None]
    return math.fsum(present) / len(present) if present and len(present) == len(values) else None


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
