"""Run folders as tables: several read into one, and the two leaderboard files written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from srbench.errors import OutputError
from srbench.files import write_whole
from srbench.leaderboard.notes import notes_of
from srbench.leaderboard.table import build_attribute_table, build_tables
from srbench.leaderboard.text import to_csv, to_markdown
from srbench.runs import labels_of, read_records, read_run

__all__ = ["collect_attributes", "collected", "write_attributes", "write_leaderboard"]


def collected(folders: Sequence[Path]) -> tuple[pd.DataFrame, list[str]]:
    """Table and notes_of of several run folders, finished or not.

    Raises:
        RequestError: A folder holds no run.
        StoreError: A run cannot be read.
    """
    runs = {folder: (read_run(folder), read_records(folder)) for folder in folders}
    labels = labels_of(list(runs))
    table = build_tables({labels[folder]: run for folder, run in runs.items()})
    return table, list(dict.fromkeys(remark for run in runs.values() for remark in notes_of(*run)))


def collect_attributes(folders: Sequence[Path]) -> pd.DataFrame:
    """The attribute tables of several run folders, one below the other; a row that is there twice stays once.

    Raises:
        RequestError: A folder holds no run.
        StoreError: A run cannot be read.
    """
    tables = [build_attribute_table(read_run(folder), read_records(folder)) for folder in folders]
    return pd.concat(tables, ignore_index=True).drop_duplicates(ignore_index=True)


def write_leaderboard(folder: Path, table: pd.DataFrame, remarks: Sequence[str], *, ordered: bool = False) -> None:
    """Write `leaderboard.csv` and `leaderboard.md`; `ordered` keeps the rows' order in every part.

    Raises:
        OutputError: The folder cannot be created.
        StoreError: A file cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be created ({error.strerror})") from error
    write_whole(folder / "leaderboard.csv", to_csv(table))
    write_whole(folder / "leaderboard.md", to_markdown(table, remarks, ordered=ordered))


def write_attributes(folder: Path, table: pd.DataFrame) -> None:
    """Write `attributes.csv`, or remove an older one if there is nothing to be said of attributes any more.

    Raises:
        StoreError: The file cannot be written.
    """
    path = folder / "attributes.csv"
    if not table.empty:
        write_whole(path, to_csv(table))
    elif path.exists():
        path.unlink()
