"""Leaderboards in another order: by any column, or by the mean rank over several; never across groups."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from srbench.errors import RequestError, suggest
from srbench.leaderboard.columns.downstream import is_better_low, is_score
from srbench.leaderboard.tally import GROUP_COLUMNS
from srbench.metrics import METRICS

__all__ = ["ranked", "sorted_by"]


def ranked(table: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """The table with a column `mean_rank`, the mean of a row's ranks by some columns within its group, best first.

    Equal figures share their mean rank; a row that lacks one of the figures has none, and comes last.

    Args:
        table: Of `build_tables`.
        columns: Metrics or downstream scores.

    Raises:
        RequestError: A column is not there.
    """
    groups = table.groupby(GROUP_COLUMNS, sort=False)
    ranks = [groups[name].rank(ascending=not _higher_is_better(table, name)) for name in columns]
    means = pd.concat(ranks, axis=1).mean(axis=1, skipna=False)
    return sorted_by(table.assign(mean_rank=means), "mean_rank")


def sorted_by(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """The table with each group's best row by a column first; rows without it last.

    Raises:
        RequestError: The column is not there.
    """
    higher = _higher_is_better(table, column)
    keys = table.assign(_group=table.groupby(GROUP_COLUMNS, sort=False).ngroup())
    keys = keys.sort_values(["_group", column], ascending=[True, not higher], kind="stable", na_position="last")
    return table.loc[keys.index].reset_index(drop=True)


def _higher_is_better(table: pd.DataFrame, column: str) -> bool:
    known = [name for name in map(str, table) if name in METRICS or is_score(name)]
    if column == "mean_rank" and column in table:
        return False
    if column not in known or table[column].isna().all():
        there = [name for name in known if table[name].notna().any()]
        raise RequestError(f"no figures of {column!r}{suggest(column, there)}; there are {', '.join(there)}")
    return METRICS[column].higher_is_better if column in METRICS else not is_better_low(column)
