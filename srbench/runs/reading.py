"""Run folders read back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from srbench.errors import RequestError, StoreError
from srbench.runs.description import RUN_PARTS, SCHEMA_VERSION, Described, cells
from srbench.runs.record import Record, RecordKey

__all__ = ["RECORDS_FILE", "RUN_FILE", "current_records", "labels_of", "read_records", "read_run"]

RUN_FILE = "run.json"

RECORDS_FILE = "records.jsonl"


def read_run(folder: Path) -> dict[str, Any]:
    """What `run.json` says.

    Raises:
        RequestError: The folder holds no run.
        StoreError: It holds a damaged one, or one of another srbench.
    """
    path = folder / RUN_FILE
    try:
        described: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        schema = described["schema"]
    except FileNotFoundError:
        what = f"holds no srbench run (no {RUN_FILE})" if folder.is_dir() else "no such folder"
        raise RequestError(f"{folder}: {what}; name a folder that srbench run has written") from None
    except NotADirectoryError:
        raise RequestError(f"{folder}: is a file; name a folder that srbench run has written") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{path}: damaged or unreadable ({error})") from error
    if schema != SCHEMA_VERSION:
        raise StoreError(f"{path}: schema {schema}, this srbench reads {SCHEMA_VERSION}; use the srbench that wrote it")
    lacking = [name for name in RUN_PARTS if name not in described]
    if lacking:
        raise StoreError(f"{path}: lacks {', '.join(lacking)}; delete the folder and run again")
    return described


def read_records(folder: Path) -> list[Record]:
    """The current record of each key; a torn last line is not a record.

    Raises:
        StoreError: The file cannot be read, or a whole line is not a record.
    """
    path = folder / RECORDS_FILE
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StoreError(f"{path}: cannot be read ({error.strerror})") from error
    current: dict[RecordKey, Record] = {}
    for number, line in enumerate(content.split(b"\n")[:-1], start=1):
        try:
            record = Record.from_json(line.decode("utf-8"))
        except (StoreError, UnicodeDecodeError) as error:
            raise StoreError(f"{path}, line {number}: {error}") from error
        current[record.key] = record
    return list(current.values())


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


def labels_of(folders: Sequence[Path]) -> dict[Path, str]:
    """A label of each run folder: its name, or its path where two have one name."""
    names = [folder.name for folder in folders]
    return {folder: folder.name if names.count(folder.name) == 1 else str(folder) for folder in folders}
