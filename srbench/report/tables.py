"""The page's leaderboards: their columns, and the text and sort value of each cell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from srbench.api import MetricInfo
from srbench.leaderboard import counted, is_better_low, is_score, metric_title
from srbench.report.content import Group


@dataclass(frozen=True)
class Column:
    """A column of a table on the page.

    Attributes:
        name: Name of the leaderboard's column.
        title: Printed title.
        digits: Number of decimals; None for text.
        hint: Short explanation.
        low: Whether lower values are better.
    """

    name: str
    title: str
    digits: int | None
    hint: str = ""
    low: bool = False


@dataclass(frozen=True)
class TableCell:
    """A cell: its text, and the number to sort by, None if it is empty or text."""

    text: str
    value: float | None


_SPEED = (
    Column("latency_ms", "ms", 3, "median time of one image", low=True),
    Column("images_per_s", "images/s", 3, "throughput of the best batch"),
    Column("macs", "GMACs", 1, "multiply-accumulates of one image", low=True),
    Column("parameters", "params M", 2, "millions of parameters of the network", low=True),
)

_UNITS = {"macs": 1e9, "parameters": 1e6}
_SIGNIFICANT = frozenset({"latency_ms", "images_per_s"})


def leaderboard_columns(group: Group) -> list[Column]:
    """Return the columns in which any row of a group has a value."""
    table = group.table

    def there(name: str) -> bool:
        return name in table and bool(table[name].notna().any())

    found = [Column("method", "method", None)]
    if table["precision"].nunique() > 1 or table["runtime"].nunique() > 1:
        found += [Column("precision", "precision", None), Column("runtime", "runtime", None)]
    found.append(Column("images", "images", 0, "scored"))
    for name, metric in group.metrics.items():
        if there(name):
            low = not metric.higher_is_better
            found.append(Column(name, metric_title(metric), metric.decimals, metric.summary, low))
            if name == group.metric.name and there(f"{name}_low"):
                found.append(Column("interval", "95 %", metric.decimals, "bootstrap interval of the mean over images"))
            if name == group.metric.name and table["rank_group"].ne("").any():
                hint = f"methods that share a letter do not differ significantly in {name}"
                found.append(Column("rank_group", "group", None, hint))
    for name in map(str, table):
        if is_score(name) and there(name):
            low = is_better_low(name)
            found.append(Column(name, f"{name.replace(':', ' ')} {'↓' if low else '↑'}", 4, low=low))
    return found + [column for column in _SPEED if there(column.name)]


def leaderboard_rows(group: Group) -> Iterator[list[TableCell]]:
    """Yield the cells of each row, in the order of `leaderboard_columns`."""
    columns = leaderboard_columns(group)
    for _, row in group.table.iterrows():
        yield [_cell(row, column, group.metric) for column in columns]


def _cell(row: pd.Series[Any], column: Column, metric: MetricInfo) -> TableCell:
    if column.name == "images":
        return TableCell(counted(row), int(row["images"]))
    if column.name == "interval":
        low, high = row[f"{metric.name}_low"], row[f"{metric.name}_high"]
        if pd.isna(low):
            return TableCell("", None)
        return TableCell(f"{low:.{metric.decimals}f}–{high:.{metric.decimals}f}", float(low))
    value = row[column.name]
    if column.digits is None:
        return TableCell("" if pd.isna(value) else str(value), None)
    if pd.isna(value):
        return TableCell("", None)
    number = float(value) / _UNITS.get(column.name, 1.0)
    if column.name in _SIGNIFICANT:
        mark = " !" if column.name == "latency_ms" and not row["steady"] else ""
        return TableCell(significant(number) + mark, number)
    return TableCell(f"{number:,.{column.digits}f}", number)


def significant(number: float) -> str:
    """Format a number with three significant digits, or with all digits before the point if there are more."""
    return f"{number:.3g}" if abs(number) < 999.5 else f"{number:,.0f}"
