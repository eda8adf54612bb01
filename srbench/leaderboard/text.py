"""A leaderboard as CSV, plain text, markdown and HTML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

import pandas as pd

from srbench.api import MetricInfo
from srbench.leaderboard.columns.downstream import downstream_blocks
from srbench.leaderboard.columns.speed import speed_blocks
from srbench.leaderboard.grid import grid, markdown_text
from srbench.leaderboard.table import Leaderboard
from srbench.leaderboard.tally import places


def to_csv(table: pd.DataFrame) -> str:
    """Return a table as CSV (RFC 4180) with a header, six decimals, and empty fields for missing values."""
    return str(table.to_csv(index=False, float_format="%.6f", lineterminator="\n"))


Block = tuple[str, list[str], list[list[str]]]
"""Heading, column names and cells of a table."""


def _quality(board: Leaderboard, *, wide: bool) -> Iterator[Block]:
    """A table for each place."""
    table = board.table
    metrics = [one for name, one in board.metrics.items() if table[name].notna().any()]
    rank = "mean_rank" in table
    for place, rows in places(table):
        # In the heading if all rows agree, else after each name: 80 columns have no room for a separate column.
        labels = list(dict.fromkeys(_label(row) for _, row in rows.iterrows()))
        common = f", {labels[0]}" if labels[0] and len(labels) == 1 else ""
        # Omitted in another order than that of the metric they are of, which a narrow heading has no room to name.
        grouped = rows["rank_group"].ne("").any() and (wide or not board.ordered)
        letters = f"{next(iter(board.metrics.values())).label} group" if board.ordered else "group"
        header = ["method", "images", *(["rank ↓"] if rank else []), *(metric_title(metric) for metric in metrics)]
        interval = _interval(rows, board.metrics) if wide else None
        header += [*([interval[0]] if interval else []), *([letters] if grouped else [])]
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
        yield f"{place.ruled}{common}", header, body


def _interval(rows: pd.DataFrame, metrics: Mapping[str, MetricInfo]) -> tuple[str, list[str]] | None:
    """Title and cells of the column of 95 % intervals; None if no row has one."""
    for name, metric in metrics.items():
        ends = f"{name}_low", f"{name}_high"
        if ends[0] in rows and rows[ends[0]].notna().any():
            cells = [
                "" if pd.isna(low) else f"{_number(low, metric)}–{_number(high, metric)}"
                for low, high in rows[[*ends]].itertuples(index=False)
            ]
            return f"{metric.label} 95 %", cells
    return None


def _label(row: Mapping[str, Any] | pd.Series[Any]) -> str:
    """Return the precision, followed by the runtime's name unless that is `eager`."""
    return str(row["precision"]) if row["runtime"] in ("eager", "") else f"{row['precision']} {row['runtime']}"


def metric_title(metric: MetricInfo) -> str:
    """Return a metric's column title: name, unit, and an arrow towards better values."""
    return f"{metric.label}{metric.short_unit} {'↑' if metric.higher_is_better else '↓'}"


def counted(row: Mapping[str, Any] | pd.Series[Any]) -> str:
    """Return the number of scored images as text, with the total if some failed or are missing, such as `4/5`."""
    expected = row["images"] + row["failed"] + row["missing"]
    return str(expected) if row["images"] == expected else f"{row['images']}/{expected}"


def _number(value: float | None, metric: MetricInfo) -> str:
    return "" if value is None or pd.isna(value) else f"{value:.{metric.decimals}f}"


def _blocks(board: Leaderboard, *, wide: bool) -> Iterator[Block]:
    """Tables of quality, then of downstream scores, then of speed."""
    yield from _quality(board, wide=wide)
    for place, rows in places(board.table):
        yield from downstream_blocks(place.title, rows, ordered=board.ordered)
    yield from speed_blocks(board.table)


def to_text(board: Leaderboard) -> str:
    """Return the leaderboard as plain text for a terminal of 80 columns, without the notes."""
    return "\n\n".join(f"{heading}\n{grid(header, body)}" for heading, header, body in _blocks(board, wide=False))


def to_markdown(board: Leaderboard) -> str:
    """Return the leaderboard as markdown: a section per table, then the notes."""
    parts = [
        "# Leaderboard",
        "Best first, unless a note says otherwise. Rows of different protocols, scales or datasets are not comparable.",
    ]
    for heading, header, body in _blocks(board, wide=True):
        parts += [f"## {markdown_text(heading)}", grid(header, body, "github")]
    if board.notes:
        parts += ["## Notes", "\n".join(f"- {markdown_text(note)}" for note in board.notes)]
    return "\n\n".join([*parts, markdown_text(_conditions(board.table))]) + "\n"


def to_html(board: Leaderboard) -> str:
    """Return the leaderboard as HTML for a notebook: the tables of `to_markdown`, then the notes."""
    parts = [
        f"<h4>{escape(heading)}</h4>\n{grid(header, body, 'html')}"
        for heading, header, body in _blocks(board, wide=True)
    ]
    if board.notes:
        parts.append("<ul>" + "".join(f"<li>{escape(note)}</li>" for note in board.notes) + "</ul>")
    return "\n".join(parts)


def _conditions(table: pd.DataFrame) -> str:
    places = table[["srbench", "device"]].drop_duplicates()
    made = "; ".join(f"srbench {version}, methods run {_where(device)}" for version, device in places.to_numpy())
    return f"Written by {made}."


def _where(device: str) -> str:
    return device if device == "elsewhere" else f"on {device}"
