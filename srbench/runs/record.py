"""Records: one image's scores in one cell, and the hashes needed to trust them."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from typing import Any, Literal, NamedTuple, Protocol

from pydantic import ConfigDict, TypeAdapter, ValidationError

from srbench.api import Image, LrSource
from srbench.errors import StoreError, one_line


class CellKey(NamedTuple):
    """Names of a cell: one method × dataset × scale × protocol, and the source of LR."""

    method: str
    dataset: str
    scale: int
    protocol: str
    lr: LrSource


class RecordKey(NamedTuple):
    """Names of a cell (method × dataset × scale × protocol, source of LR), and the id of one of its images."""

    method: str
    dataset: str
    scale: int
    protocol: str
    lr: LrSource
    image: str

    @property
    def cell(self) -> CellKey:
        """Names of the cell, without the image id."""
        return CellKey(*self[:-1])


@dataclass(frozen=True)
class Record:
    """One image's scores or failure in one method × dataset × scale × protocol: a line of `records.jsonl`.

    Attributes:
        key: Names of the cell and the image.
        status: `ok`, or `failed` with the reason in `error`.
        fingerprint: Hash of all that decides the upscaled image and what it is compared with; see
            `Identities.fingerprint`.
        protocol_hash: Hash of the protocol's rules.
        hr_sha256: `pixel_sha256` of the decoded HR image; None if it could not be decoded.
        scores: Values by metric name, in the metric's unit; None if the metric is undefined.
        undefined: Reasons for undefined values, by metric name.
        warnings: What makes the scores doubtful: an implausible result, damage of a file that was read.
        error: Why the image failed; None if `status` is `ok`.
        image_sha256: `pixel_sha256` of the saved upscaled image; empty if it was not saved.
        reference_sha256: `pixel_sha256` of the saved HR that was compared; empty if it was not saved.
        precision: Precision and runtime as in `Inference.label`; empty if the method computed nothing.
        measured_by: Identity of the metric that computed each score, by metric name; empty in folders of schema 3.
        remarks: Remarks that metrics make on their values, by metric name.
        seen: Predictions on the result and on HR, and the ground truth, by classifier; see `Prediction.describe`.
    """

    __pydantic_config__ = ConfigDict(strict=True, allow_inf_nan=False, revalidate_instances="always")

    key: RecordKey
    status: Literal["ok", "failed"]
    fingerprint: str
    protocol_hash: str
    hr_sha256: str | None = None
    scores: Mapping[str, float | None] = field(default_factory=dict)
    undefined: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    error: str | None = None
    image_sha256: str = ""
    reference_sha256: str = ""
    precision: str = ""
    measured_by: Mapping[str, str] = field(default_factory=dict)
    remarks: Mapping[str, str] = field(default_factory=dict)
    seen: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def to_json(self) -> str:
        """Return the record as one line of strict JSON, without NaN, infinity or a line feed, ending in a checksum."""
        flat = self.key._asdict() | {name: value for name, value in asdict(self).items() if name != "key"}
        text = json.dumps(flat, allow_nan=False)
        return f'{text[:-1]}{_CHECK}{_checksum(text)}"}}'

    @staticmethod
    def from_json(line: str) -> Record:
        """Parse a line of `records.jsonl`; lines of versions before 0.3 have no checksum.

        Raises:
            StoreError: The line is not a record, or differs from what was written.
        """
        text, checked, check = line.rpartition(_CHECK)
        if checked and check != f'{_checksum(text + "}")}"}}':
            raise StoreError("was altered after it was written: its checksum differs")
        try:
            flat: dict[str, Any] = loads(line)
            flat.pop("check", None)
            key = RecordKey(**{name: flat.pop(name) for name in RecordKey._fields})
            record = _model().validate_python(Record(key, **(flat | {"warnings": tuple(flat["warnings"])})))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            raise StoreError(f"not a record: {where} is {first['input']!r:.40}: {first['msg']}") from error
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise StoreError(f"not a record: {line[:60]!r} ({one_line(error)})") from error
        if not checked and _CHECKED in record.fingerprint:
            raise StoreError("was altered after it was written: its checksum is missing")
        return record


def loads(text: str) -> Any:
    """Parse JSON whose texts can be written as UTF-8, which tables and pages are.

    Raises:
        ValueError: It is not JSON, or a text holds half a surrogate pair.
    """
    found = json.loads(text)
    if "\\ud" in text.lower():
        json.dumps(found, ensure_ascii=False).encode()
    return found


_CHECK = ', "check": "'
_CHECKED = "."
"""Part of every fingerprint of the versions that write checksums."""


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@lru_cache(maxsize=1)
def _model() -> TypeAdapter[Record]:
    return TypeAdapter(Record)


class RecordSink(Protocol):
    """Storage for records and images, which finds those that need not be made again."""

    def finished(self, key: RecordKey, fingerprint: str, metrics: Mapping[str, str]) -> bool:
        """Whether a scored record is stored that need not be made again.

        Args:
            key: Names of the cell and the image.
            fingerprint: The fingerprint that the record must have.
            metrics: Identities, by name, of the metrics that must have measured it.
        """
        ...

    def append(self, record: Record) -> None:
        """Store a record, replacing an older one with the same key."""
        ...

    def records(self) -> list[Record]:
        """Return the latest record of each key, as a list."""
        ...

    def saved(self, key: RecordKey, result: str, reference: str) -> bool:
        """Whether a record's upscaled image and the HR compared with it are saved with unchanged pixels."""
        ...

    def save(self, file: str, image: Image) -> None:
        """Store an image under a path relative to the run folder."""
        ...


class MemoryStore:
    """Storage for records in memory, safe to use from several threads; images are not stored."""

    def __init__(self) -> None:
        self._current: dict[RecordKey, Record] = {}
        self._guard = threading.RLock()

    def finished(self, key: RecordKey, fingerprint: str, metrics: Mapping[str, str]) -> bool:
        """Whether a scored record is stored that need not be made again; see `RecordSink`."""
        record = self._current.get(key)
        return (
            record is not None
            and record.status == "ok"
            and record.fingerprint == fingerprint
            and metrics.items() <= record.measured_by.items()
        )

    def append(self, record: Record) -> None:
        """Store a record, replacing an older one with the same key."""
        with self._guard:
            self._current[record.key] = record

    def records(self) -> list[Record]:
        """Return the latest record of each key, as a list."""
        with self._guard:
            return list(self._current.values())

    def saved(self, key: RecordKey, result: str, reference: str) -> bool:
        """Return False: images are not stored."""
        return False

    def save(self, file: str, image: Image) -> None:
        """Do nothing: images are not stored."""
