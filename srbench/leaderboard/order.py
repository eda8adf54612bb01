"""Sorting a leaderboard by a column, or by the mean rank over several; never across datasets, scales or protocols."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from srbench.errors import RequestError, suggest
from srbench.leaderboard.columns.downstream import is_better_low, is_score
from srbench.leaderboard.table import Leaderboard
from srbench.leaderboard.tally import GROUP_COLUMNS


def ranked(board: Leaderboard, columns: Sequence[str]) -> Leaderboard:
    """Return the leaderboard sorted by a new column `mean_rank`: a row's mean rank over `columns` in its table.

    Equal values share their mean rank; a row that lacks one of the values has no rank, and comes last.

    Raises:
        RequestError: A column does not exist, or has no values.
    """
    ascending = {name: not _higher_is_better(board, name) for name in columns}  # first, because it knows the columns
    groups = board.table.groupby(GROUP_COLUMNS, sort=False)
    ranks = [groups[name].rank(ascending=ascending[name]) for name in columns]
    table = board.table.assign(mean_rank=pd.concat(ranks, axis=1).mean(axis=1, skipna=False))
    note = f"sorted by the mean rank over {', '.join(columns)}, within each table"
    return _ordered(board, table, "mean_rank", higher=False, note=note)


def sorted_by(board: Leaderboard, column: str) -> Leaderboard:
    """Return the leaderboard sorted by a column within each table, best first; rows without a value come last.

    Raises:
        RequestError: The column does not exist, or has no values.
    """
    higher = _higher_is_better(board, column)
    return _ordered(board, board.table, column, higher=higher, note=f"sorted by {column}, within each table")


def _ordered(board: Leaderboard, table: pd.DataFrame, column: str, *, higher: bool, note: str) -> Leaderboard:
    keys = table.assign(_place=table.groupby(GROUP_COLUMNS, sort=False).ngroup())
    keys = keys.sort_values(["_place", column], ascending=[True, not higher], kind="stable", na_position="last")
    table = table.loc[keys.index].reset_index(drop=True)
    return replace(board, table=table, notes=(note, *board.notes), ordered=True)


def _higher_is_better(board: Leaderboard, column: str) -> bool:
    table = board.table
    known = [name for name in map(str, table) if name in board.metrics or is_score(name)]
    if column not in known or table[column].isna().all():
        there = [name for name in known if table[name].notna().any()]
        raise RequestError(f"no values of {column!r}{suggest(column, there)}; choose from {', '.join(there)}")
    return board.metrics[column].higher_is_better if column in board.metrics else not is_better_low(column)
