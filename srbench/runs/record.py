"""A record: one image's scores in one cell, and what is needed to trust them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, NamedTuple, Protocol

from srbench.api import Image, LrSource
from srbench.errors import StoreError, one_line


class CellKey(NamedTuple):
    """Names of a cell: one method × dataset × scale × protocol, and where LR comes from."""

    method: str
    dataset: str
    scale: int
    protocol: str
    lr: LrSource


class RecordKey(NamedTuple):
    """A cell and one of its images; a run holds at most one current record of each."""

    method: str
    dataset: str
    scale: int
    protocol: str
    lr: LrSource
    image: str

    @property
    def cell(self) -> CellKey:
        """The key without the image."""
        return CellKey(*self[:-1])


@dataclass(frozen=True)
class Record:
    """One line of `records.jsonl`.

    Attributes:
        key: Which image of which cell.
        status: `ok`, or `failed` with the reason in `error`.
        fingerprint: Hash of all that decides the scores; see `srbench.fingerprint`.
        protocol_hash: Hash of the protocol's rules.
        hr_sha256: `pixel_sha256` of the decoded HR image; None when it could not be decoded.
        scores: Metric name to value, in the metric's unit; None where the metric is not defined.
        undefined: Metric name to the reason why it has no value.
        warnings: What looked suspicious about the upscaled image.
        error: Why the image failed; None when it did not.
        seen: By classifier what it said of the result, of HR, and what people say; see `srbench.downstream.Seen`.
        image_sha256: `pixel_sha256` of the saved result; empty where none was saved.
        reference_sha256: Likewise of what it is compared with.
        precision: In what the method ran, and on which runtime, as `Inference.label` says; empty where none ran.
    """

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
    seen: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def to_json(self) -> str:
        """One line without its end; strict JSON, so NaN and infinity cannot get in."""
        flat = self.key._asdict() | {name: value for name, value in asdict(self).items() if name != "key"}
        return json.dumps(flat, allow_nan=False)

    @staticmethod
    def from_json(line: str) -> Record:
        """Read a line back.

        Raises:
            StoreError: The line is not a record.
        """
        try:
            flat: dict[str, Any] = json.loads(line)
            key = RecordKey(**{name: flat.pop(name) for name in RecordKey._fields})
            return Record(key=key, **(flat | {"warnings": tuple(flat["warnings"])}))
        except (ValueError, KeyError, TypeError) as error:
            raise StoreError(
                f"not a record: {line[:60]!r} ({one_line(error)}); delete the line, and run again"
            ) from error


class RecordSink(Protocol):
    """Where the runner puts records, and asks for those it need not make again."""

    def finished(self, key: RecordKey, fingerprint: str) -> bool:
        """Whether a scored record of this fingerprint is there."""
        ...

    def append(self, record: Record) -> None:
        """Keep a record; it takes the place of an older one with the same key."""
        ...

    def records(self) -> list[Record]:
        """The current record of each key."""
        ...

    def saved(self, key: RecordKey, result: str, reference: str) -> bool:
        """Whether the record's result and what it is compared with were saved, and still are those pixels."""
        ...

    def save(self, file: str, image: Image) -> None:
        """Keep an image under a name relative to where records are."""
        ...


class MemoryStore:
    """A sink that forgets everything with the process."""

    def __init__(self) -> None:
        """Start empty."""
        self._current: dict[RecordKey, Record] = {}

    def finished(self, key: RecordKey, fingerprint: str) -> bool:
        """Whether a scored record of this fingerprint is there."""
        record = self._current.get(key)
        return record is not None and record.status == "ok" and record.fingerprint == fingerprint

    def append(self, record: Record) -> None:
        """Keep a record."""
        self._current[record.key] = record

    def records(self) -> list[Record]:
        """The current record of each key."""
        return list(self._current.values())

    def saved(self, key: RecordKey, result: str, reference: str) -> bool:
        """Never: images are not kept."""
        return False

    def save(self, file: str, image: Image) -> None:
        """Forget it."""
