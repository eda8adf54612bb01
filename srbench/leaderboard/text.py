"""A leaderboard as text: CSV for programs, markdown and plain columns for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

import pandas as pd

from srbench.api import Metric
from srbench.leaderboard.columns.downstream import downstream_blocks
from srbench.leaderboard.columns.speed import speed_blocks
from srbench.leaderboard.grid import grid
from srbench.leaderboard.tally import GROUP_COLUMNS
from srbench.metrics import METRICS

__all__ = ["counted", "metric_title", "to_csv", "to_html", "to_markdown", "to_text"]


def to_csv(table: pd.DataFrame) -> str:
    """RFC 4180 with a header; six digits after the point, empty where there is no value."""
    return str(table.to_csv(index=False, float_format="%.6f", lineterminator="\n"))


def _blocks(table: pd.DataFrame, *, wide: bool) -> Iterator[tuple[str, list[str], list[list[str]]]]:
    """Heading, column names and cells of each group that may be ranked together."""
    metrics = [metric for name, metric in METRICS.items() if name in table and table[name].notna().any()]
    for (dataset, _, scale, protocol, protocol_hash, lr), rows in table.groupby(GROUP_COLUMNS, sort=False):
        source = "" if lr == "made" else ", LR as given"
        # Said once where all rows agree, else beside each name: a column of its own would not fit on 80.
        labels = list(dict.fromkeys(_label(row) for _, row in rows.iterrows()))
        common = f", {labels[0]}" if labels[0] and len(labels) == 1 else ""
        heading = f"{dataset} ×{scale}, {protocol} ({protocol_hash}){source}{common}"
        rank = "mean_rank" in table
        # Not beside a mean rank over several metrics: 80 columns have no room for both.
        grouped = rows["rank_group"].ne("").any() and (wide or not rank)
        header = ["method", "images", *(["rank ↓"] if rank else []), *(metric_title(metric) for metric in metrics)]
        interval = _interval(rows) if wide else None
        header += [*([interval[0]] if interval else []), *(["group"] if grouped else [])]
        body = [
            [
                row["method"] if common or not _label(row) else f"{row['method']}, {_label(row)}",
                counted(row),
                *([] if not rank else ["" if pd.isna(row["mean_rank"]) else f"{row['mean_rank']:.2f}"]),
                *(_number(row[metric.name], metric) for metric in metrics),
                *([interval[1][index]] if interval else []),
                *([row["rank_group"]] if grouped else []),
            ]
            for index, (_, row) in enumerate(rows.iterrows())
        ]
        yield heading, header, body


def _interval(rows: pd.DataFrame) -> tuple[str, list[str]] | None:
    """Title and cells of the column of 95 % intervals; None where no row has one."""
    for name, metric in METRICS.items():
        ends = f"{name}_low", f"{name}_high"
        if ends[0] in rows and rows[ends[0]].notna().any():
            cells = [
                "" if pd.isna(low) else f"{_number(low, metric)}–{_number(high, metric)}"
                for low, high in rows[[*ends]].itertuples(index=False)
            ]
            return f"{metric.label} 95 %", cells
    return None


def _label(row: Mapping[str, Any] | pd.Series[Any]) -> str:
    """Precision, and the runtime where it is not torch's eager one."""
    return str(row["precision"]) if row["runtime"] in ("eager", "") else f"{row['precision']} {row['runtime']}"


def metric_title(metric: Metric) -> str:
    """Name, unit and which way is better."""
    return f"{metric.label}{metric.short_unit} {'↑' if metric.higher_is_better else '↓'}"


def counted(row: Mapping[str, Any] | pd.Series[Any]) -> str:
    """How many images were scored, and of how many where some failed or are missing."""
    expected = row["images"] + row["failed"] + row["missing"]
    return str(expected) if row["images"] == expected else f"{row['images']}/{expected}"


def _number(value: float | None, metric: Metric) -> str:
    return "" if value is None or pd.isna(value) else f"{value:.{metric.decimals}f}"


def _downstream(table: pd.DataFrame, *, ordered: bool) -> Iterator[tuple[str, list[str], list[list[str]]]]:
    """What classifiers made of each group, after all figures of quality."""
    for (dataset, _, scale, protocol, _, _), rows in table.groupby(GROUP_COLUMNS, sort=False):
        yield from downstream_blocks(f"{dataset} ×{scale}, {protocol}", rows, ordered=ordered)


def _all(table: pd.DataFrame, *, ordered: bool, wide: bool) -> Iterator[tuple[str, list[str], list[list[str]]]]:
    yield from _blocks(table, wide=wide)
    yield from _downstream(table, ordered=ordered)
    yield from speed_blocks(table)


def to_text(table: pd.DataFrame, *, ordered: bool = False) -> str:
    """For a terminal of 80 columns; `ordered` keeps the rows' order in every part."""
    return "\n\n".join(
        f"{heading}\n{grid(header, body, 'simple')}"
        for heading, header, body in _all(table, ordered=ordered, wide=False)
    )


def to_markdown(table: pd.DataFrame, remarks: Sequence[str], *, ordered: bool = False) -> str:
    """A section per group, the remarks below."""
    parts = [
        "# Leaderboard",
        "Best first, unless a note says otherwise. Rows of different protocols, scales or datasets are not comparable.",
    ]
    for heading, header, body in _all(table, ordered=ordered, wide=True):
        parts += [f"## {heading}", grid(header, body, "github")]
    if remarks:
        parts += ["## Notes", "\n".join(f"- {remark}" for remark in remarks)]
    return "\n\n".join([*parts, _conditions(table)]) + "\n"


def to_html(table: pd.DataFrame, remarks: Sequence[str]) -> str:
    """A piece of a page for a notebook: the same tables, the remarks below."""
    parts = [
        f"<h4>{escape(heading)}</h4>\n{grid(header, body, 'html')}"
        for heading, header, body in _all(table, ordered=False, wide=True)
    ]
    if remarks:
        parts.append("<ul>" + "".join(f"<li>{escape(remark)}</li>" for remark in remarks) + "</ul>")
    return "\n".join(parts)


def _conditions(table: pd.DataFrame) -> str:
    places = table[["srbench", "device"]].drop_duplicates()
    made = "; ".join(f"srbench {version}, methods run {_where(device)}" for version, device in places.to_numpy())
    return f"Written by {made}."


def _where(device: str) -> str:
    return device if device == "elsewhere" else f"on {device}"
