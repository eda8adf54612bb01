"""Reading run folders."""

import errno
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from srbench.errors import RequestError, StoreError
from srbench.runs.description import SCHEMA_VERSION, RunDescription
from srbench.runs.gallery import Gallery
from srbench.runs.record import Record, RecordKey, loads

RUN_FILE = "run.json"
RECORDS_FILE = "records.jsonl"

_SCHEMA_1_METRICS = {
    "psnr": ("dB", True, 3),
    "ssim": ("", True, 4),
    "ms_ssim": ("", True, 4),
    "l1": ("8-bit levels", False, 3),
    "mse": ("8-bit levels²", False, 2),
    "rmse": ("8-bit levels", False, 3),
    "sharpness_error": ("dB", False, 3),
}
"""Unit, direction and decimals of the metrics of schema 1, which did not store them."""


@dataclass(frozen=True)
class Run:
    """A run, finished or not.

    Attributes:
        label: Name that distinguishes the run from others; may be empty for a single run.
        description: Content of `run.json`.
        records: Up-to-date record of each image of each method × dataset × scale × protocol, in the plan's order.
        folder: The run folder; None for a run in memory.
        damaged: Lines of `records.jsonl` that were left out, each with the reason.
    """

    label: str
    description: RunDescription
    records: tuple[Record, ...]
    folder: Path | None = None
    damaged: tuple[str, ...] = ()

    @cached_property
    def gallery(self) -> Gallery:
        """Paths of the run's saved images."""
        return Gallery.of(self.description)


def open_run(folder: Path, label: str = "") -> Run:
    """Read `run.json` and the records of a run folder; `label` distinguishes the run from others.

    Raises:
        RequestError: The folder holds no run.
        StoreError: The run is damaged, or was written by a later srbench.
    """
    description, (records, damaged) = read_run(folder), read_records(folder)
    left_out = tuple(f"{line}; left out, run the same command again to score its image" for line in damaged)
    return Run(label, description, current_records(description, records), folder, left_out)


def open_runs(folders: Sequence[Path]) -> list[Run]:
    """Read run folders, in order; each run's label is the folder's name, or its path if two names are equal.

    Raises:
        RequestError: A folder holds no run.
        StoreError: A run is damaged, or was written by a later srbench.
    """
    different = list(dict.fromkeys(folders))
    names = [folder.name for folder in different]
    return [open_run(one, one.name if names.count(one.name) == 1 else str(one)) for one in different]


def read_run(folder: Path) -> RunDescription:
    """Read the `run.json` of a run folder.

    Raises:
        RequestError: The folder holds no run.
        StoreError: The file is damaged, or was written by a later srbench.
    """
    path = folder / RUN_FILE
    try:
        return read_description(_content(path).decode("utf-8"))
    except FileNotFoundError:
        what = f"holds no srbench run (no {RUN_FILE})" if folder.is_dir() else "no such folder"
        raise RequestError(f"{folder}: {what}; name a folder that srbench run has written") from None
    except NotADirectoryError:
        raise RequestError(f"{folder}: is a file; name a folder that srbench run has written") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise StoreError(
            f"{path}: damaged or unreadable ({reason}); restore the file, or run into a new one"
        ) from error
    except StoreError as error:
        raise StoreError(f"{path}: {error}") from error


def read_description(text: str) -> RunDescription:
    """Parse the text of a `run.json` of the current or an earlier schema version.

    Raises:
        StoreError: The text is damaged, or of a later schema.
    """
    try:
        described = loads(text)
        schema = described["schema"]
        if schema == 1:
            described = _from_schema_1(described)
        elif schema in (2, 3):
            described = {**described, "schema": SCHEMA_VERSION}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise StoreError(f"damaged or unreadable ({type(error).__name__}: {error})") from error
    if schema not in (1, 2, 3, SCHEMA_VERSION):
        raise StoreError(f"schema {schema}, this srbench reads up to {SCHEMA_VERSION}; update srbench")
    try:
        return RunDescription.model_validate(described)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        what = ": ".join(filter(None, [where, first["msg"].removeprefix("Value error, ")]))
        raise StoreError(f"damaged ({what}); delete the folder and run again") from error


def _from_schema_1(described: Mapping[str, Any]) -> dict[str, Any]:
    """Convert schema 1, which had no metric units and named `classifier_cost` `looking`."""
    found = {"status": "unfinished", **described, "schema": SCHEMA_VERSION}
    found["metrics"] = {
        name: dict(zip(("unit", "higher_is_better", "decimals"), _SCHEMA_1_METRICS[name], strict=True))
        for name in described["plan"]["metrics"]
    }
    if "looking" in found:
        found["classifier_cost"] = found.pop("looking")
    return found


def _content(path: Path) -> bytes:
    """Read a regular file; another, such as a pipe, might never end, and is an OSError."""
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return path.read_bytes()


def read_records(folder: Path) -> tuple[list[Record], list[str]]:
    """Read the latest record of each image in each cell of a run folder; an incomplete last line is ignored.

    Returns:
        The records, and for each line that is not a record, or was altered, its number and the reason.

    Raises:
        StoreError: The file cannot be read.
    """
    path = folder / RECORDS_FILE
    try:
        content = _content(path)
    except FileNotFoundError:
        return [], []
    except OSError as error:
        raise StoreError(f"{path}: cannot be read ({error.strerror}); check its permissions") from error
    latest: dict[RecordKey, Record] = {}
    damaged: list[str] = []
    for number, line in enumerate(content.split(b"\n")[:-1], start=1):
        try:
            record = Record.from_json(line.decode("utf-8"))
        except (StoreError, UnicodeDecodeError) as error:
            damaged.append(f"{path.name}, line {number}: {error}")
            continue
        latest[record.key] = record
    return list(latest.values()), damaged


def current_records(description: RunDescription, records: Sequence[Record]) -> tuple[Record, ...]:
    """Return the records that match `run.json`, in its order, except those of changed or removed methods or images.

    A score that another version of its metric has computed, or none yet, has no value, with the reason.
    """
    metrics = {name: description.metrics[name].identity for name in description.plan.metrics}
    by_key = {record.key: record for record in records}
    current: list[Record] = []
    for cell in description.cells():
        for image in description.datasets[cell.dataset].files[cell.scale]:
            record = by_key.get(RecordKey(*cell, image))
            if record is not None and record.fingerprint == description.fingerprint(cell, image):
                current.append(_with_current_scores(record, metrics))
    return tuple(current)


def _with_current_scores(record: Record, metrics: Mapping[str, str]) -> Record:
    """Drop the scores of other metrics than the given ones, which `metrics` maps to their identities."""
    if record.status != "ok" or not record.measured_by or record.measured_by == metrics:
        return record
    measured = {name for name, identity in metrics.items() if record.measured_by.get(name) == identity}
    return replace(
        record,
        scores={name: record.scores.get(name) if name in measured else None for name in metrics},
        undefined={
            name: record.undefined.get(name, "") if name in measured else "not computed yet; run srbench rescore"
            for name in metrics
            if name not in measured or name in record.undefined
        },
        remarks={name: remark for name, remark in record.remarks.items() if name in measured},
    )
