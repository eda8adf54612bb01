"""From records to a table: one row per cell, never ranked across datasets, scales or protocols."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from srbench.metrics import METRICS
from srbench.record import Record, RecordKey

__all__ = [
    "GROUP_COLUMNS",
    "LEADING_COLUMNS",
    "build_table",
    "current_records",
    "merge_tables",
    "notes",
    "records_frame",
]

LEADING_COLUMNS = ("method", "dataset", "scale", "protocol", "images", "psnr", "ssim", "ms_ssim", "l1")
"""What every leaderboard.csv begins with; columns of metrics that were not computed are empty."""

GROUP_COLUMNS = ["dataset", "dataset_sha256", "scale", "protocol", "protocol_hash", "lr"]
"""Rows that agree in these may be ranked against each other."""

_CONDITIONS = [
    *("failed", "missing", "lr", "protocol_hash", "dataset_sha256", "weights_sha256", "device", "precision", "srbench")
]

Described = Mapping[str, Any]
"""What `run.json` holds."""


def build_table(run: Described, records: Sequence[Record]) -> pd.DataFrame:
    """Aggregate a run's records.

    A metric's figure is the mean over the cell's scored images. Where images failed or are missing it is shown only for
    the cells of a group that scored the same, largest, set of images; and a metric that lacks a value for one of them
    has no figure. A mean over other images cannot be compared with its neighbours in the table.

    Args:
        run: What `run.json` holds.
        records: In any order; those of an earlier state of a method or of another plan are not counted.

    Returns:
        A row per cell, best first within `GROUP_COLUMNS`, incomplete ones last. Columns: `LEADING_COLUMNS`, further
        metrics, then the conditions; `images` counts scored ones, `failed` those that failed, `missing` those not
        tried yet.
    """
    by_cell: dict[tuple[Any, ...], dict[str, Record]] = defaultdict(dict)
    for record in current_records(run, records):
        by_cell[tuple(record.key[:-1])][record.key.image] = record
    cells = {cell: _Tally.of(run, cell, by_cell.get(cell, {})) for cell in _cells(run)}
    largest: dict[tuple[Any, ...], frozenset[str]] = {}
    for cell, tally in cells.items():
        largest[cell[1:]] = max(largest.get(cell[1:], frozenset()), tally.images, key=len)
    rows = [_row(run, cell, tally, tally.images == largest[cell[1:]]) for cell, tally in cells.items()]
    others = [name for name in METRICS if name not in LEADING_COLUMNS and name in run["plan"]["metrics"]]
    table = pd.DataFrame(rows, columns=[*LEADING_COLUMNS, *others, *_CONDITIONS])
    return _sorted(table.astype(dict.fromkeys(_metric_columns(table), float)), run["plan"]["metrics"])


def current_records(run: Described, records: Sequence[Record]) -> list[Record]:
    """The records that belong to the run as `run.json` describes it now, in its order.

    A record of a method that has changed since, or of an image that is no longer in the dataset, is left out.
    """
    by_key = {tuple(record.key): record for record in records}
    found = [by_key.get((*cell, image)) for cell in _cells(run) for image in run["datasets"][cell[1]]["images"]]
    bases = run["bases"]
    return [
        record
        for record in found
        if record is not None
        and record.fingerprint.startswith(bases[record.key.method][str(record.key.scale)][record.key.protocol])
    ]


def _metric_columns(table: pd.DataFrame) -> list[str]:
    return [name for name in METRICS if name in table]


def _cells(run: Described) -> Iterator[tuple[Any, ...]]:
    plan = run["plan"]
    refused = {(item["method"], item["scale"], item["protocol"]) for item in run["refused"]}
    for dataset in plan["datasets"]:
        for scale in plan["scales"]:
            for protocol in plan["protocols"]:
                for method in plan["methods"]:
                    if (method, scale, protocol) not in refused:
                        yield (method, dataset, scale, protocol, plan["lr"])


@dataclass(frozen=True)
class _Tally:
    """What became of a cell's images."""

    scored: tuple[Record, ...]
    failed: int
    missing: int

    @staticmethod
    def of(run: Described, cell: tuple[Any, ...], records: Mapping[str, Record]) -> _Tally:
        expected = len(run["datasets"][cell[1]]["images"])
        scored = tuple(record for record in records.values() if record.status == "ok")
        return _Tally(scored, len(records) - len(scored), expected - len(records))

    @property
    def images(self) -> frozenset[str]:
        return frozenset(record.key.image for record in self.scored)


def _row(run: Described, cell: tuple[Any, ...], tally: _Tally, comparable: bool) -> dict[str, Any]:
    method, dataset, scale, protocol, lr = cell
    means = {name: _mean([record.scores.get(name) for record in tally.scored]) for name in METRICS}
    environment = run["environment"]
    return {
        "method": method,
        "dataset": dataset,
        "scale": scale,
        "protocol": protocol,
        "images": len(tally.scored),
        **(means if comparable else {}),
        "failed": tally.failed,
        "missing": tally.missing,
        "lr": lr,
        "protocol_hash": run["protocols"][protocol]["hash"],
        "dataset_sha256": run["datasets"][dataset]["sha256"],
        "weights_sha256": run["methods"][method].get(str(scale), {}).get("weights", ""),
        "device": environment["device"],
        "precision": environment["precision"],
        "srbench": run["srbench"],
    }


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


def merge_tables(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Put the tables of several runs into one.

    Rows that agree in everything become one. Rows of the same cell that differ are both kept, their method marked
    with the run they came from.

    Args:
        tables: By run folder name.
    """
    merged = pd.concat([table.assign(_run=name) for name, table in tables.items()], ignore_index=True)
    merged = merged.drop_duplicates([name for name in merged.columns if name != "_run"]).reset_index(drop=True)
    clash = merged.duplicated(["method", *GROUP_COLUMNS], keep=False)
    merged.loc[clash, "method"] = merged["method"] + " (" + merged["_run"] + ")"
    metrics = [name for name in _metric_columns(merged) if merged[name].notna().any()]
    return _sorted(merged.drop(columns="_run"), metrics or ["psnr"])


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


def notes(run: Described, records: Sequence[Record]) -> list[str]:
    """What a reader must know beside the figures: cells refused, images failed or missing, metrics undefined, warnings.

    Like remarks about several images become one line.
    """
    current = current_records(run, records)
    found = [
        f"not run: {item['method']} ×{item['scale']} under {item['protocol']}: {item['reason']}"
        for item in run["refused"]
    ]
    groups: dict[tuple[str, str], list[tuple[str, Record]]] = defaultdict(list)
    for record in current:
        for remark in _remarks(record):
            # Warnings that differ only in their figures are one warning; the first stands for all.
            kind = re.sub(r"[\d.]+", "#", remark) if remark.startswith("suspicious") else remark
            groups[record.key.method, kind].append((remark, record))
    found += [f"{_where([record for _, record in group])}: {group[0][0]}" for group in groups.values()]
    expected = sum(len(run["datasets"][cell[1]]["images"]) for cell in _cells(run))
    if len(current) < expected:
        found.append(f"unfinished: {len(current)} of {expected} records; run the same command again to complete it")
    return found


def _remarks(record: Record) -> Iterator[str]:
    if record.error is not None:
        yield f"failed: {record.error}"
    for metric, reason in record.undefined.items():
        yield f"no {metric}: {reason}"
    for warning in record.warnings:
        yield f"suspicious: {warning}"


def _where(records: Sequence[Record]) -> str:
    def listed(values: Iterator[object]) -> str:
        different = list(dict.fromkeys(str(value) for value in values))
        return ", ".join(different[:4]) + (f" and {len(different) - 4} more" if len(different) > 4 else "")

    keys = [record.key for record in records]
    methods, scales = listed(key.method for key in keys), listed(f"×{key.scale}" for key in keys)
    places = listed(f"{key.dataset}/{key.image}" for key in keys)
    return f"{methods} {scales} on {places}"
