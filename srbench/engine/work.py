"""What travels through an engine: pending records, prepared images, results."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from srbench.api import Image, Job, Planes, Prediction, Produced
from srbench.errors import ImageError, MethodError
from srbench.runs import Cell, Record, RecordKey


@dataclass(frozen=True)
class PendingRecord:
    """A record that is still to be made."""

    cell: Cell
    key: RecordKey
    fingerprint: str


@dataclass(frozen=True)
class Decoded:
    """A decoded HR image.

    Attributes:
        image: uint8, (C, H, W).
        sha256: Its `pixel_sha256`.
    """

    image: Image
    sha256: str


@dataclass(frozen=True)
class PreparedImage:
    """One image at one scale under one degradation rule.

    Attributes:
        hr: The whole HR image.
        job: LR and the size of the result.
        reference: HR in the planes that are upscaled, cut to a multiple of the scale: uint8, (C, h·scale, w·scale).
        references: What of it is compared, by protocol name; on the device where results are compared.
        problems: Why nothing can be compared, by the name of each other protocol.
        warnings: What is unusual about a given LR file.
    """

    hr: Decoded
    job: Job
    reference: Image
    references: Mapping[str, Planes]
    problems: Mapping[str, ImageError]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Ready:
    """A prepared image, and the records that wait for its results."""

    prepared: PreparedImage
    records: list[PendingRecord]


@dataclass
class PreparedWork:
    """What became of a pending image: LR images ready to be upscaled, and records that failed already."""

    ready: list[Ready] = field(default_factory=list)
    failed: list[Record] = field(default_factory=list)


@dataclass(frozen=True)
class Upscaled:
    """A result on its way to be scored.

    Attributes:
        ready: What was upscaled, and for which records.
        produced: The result.
        precision: As records keep it; see `Inference.label`.
    """

    ready: Ready
    produced: Produced
    precision: str


class SavedHashes(NamedTuple):
    """`pixel_sha256` of a saved result and of what it is compared with; empty where nothing is saved."""

    image_sha256: str = ""
    reference_sha256: str = ""


Save = Callable[[Upscaled], SavedHashes]
"""Saves a result and what it is compared with."""

Predictions = Mapping[str, Prediction] | MethodError
"""Predictions on a result, by classifier; or why a classifier failed."""
