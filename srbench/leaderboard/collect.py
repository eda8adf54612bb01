"""Collecting runs into one leaderboard, and writing it to files."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from srbench.errors import SRBenchError, StoreError
from srbench.files import write_text
from srbench.leaderboard.notes import notes_of
from srbench.leaderboard.table import Leaderboard, build_attribute_table, build_table
from srbench.leaderboard.tally import metrics_of
from srbench.leaderboard.text import to_csv, to_markdown
from srbench.runs import Run


def collected(runs: Sequence[Run]) -> Leaderboard:
    """Build the leaderboard of runs, finished or not; a note that several runs share is listed once.

    Raises:
        StoreError: Two runs have a metric of the same name with different units or directions.
    """
    notes = dict.fromkeys(note for run in runs for note in notes_of(run))
    return Leaderboard(build_table(runs), metrics_of(runs), tuple(notes))


def collect_attributes(runs: Sequence[Run]) -> pd.DataFrame:
    """Join the attribute tables of runs (a row per cell, classifier and attribute), without duplicate rows."""
    tables = [build_attribute_table(run) for run in runs]
    return pd.concat(tables, ignore_index=True).drop_duplicates(ignore_index=True)


def write_leaderboard(folder: Path, board: Leaderboard, error: type[SRBenchError] = StoreError) -> None:
    """Write `leaderboard.csv` and `leaderboard.md` into a folder; `error` is raised if a file cannot be written."""
    write_text(folder / "leaderboard.csv", to_csv(board.table), error)
    write_text(folder / "leaderboard.md", to_markdown(board), error)


def write_attributes(folder: Path, table: pd.DataFrame) -> None:
    """Write `attributes.csv` into a folder; if the table is empty, remove an older file instead.

    Raises:
        StoreError: The file cannot be written.
    """
    path = folder / "attributes.csv"
    if not table.empty:
        write_text(path, to_csv(table), StoreError)
    elif path.exists():
        path.unlink()
