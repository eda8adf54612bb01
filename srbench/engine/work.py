"""Values passed between the parts of an engine: pending records, prepared images, results."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from srbench.api import Image, Job, Planes, Prediction, Produced
from srbench.errors import ImageError, MethodError
from srbench.runs import Cell, Record, RecordKey


@dataclass(frozen=True)
class PendingRecord:
    """A record that is still to be made.

    Attributes:
        cell: The cell it belongs to.
        key: Names of the cell and the image.
        fingerprint: Hash of all that decides the upscaled image and what it is compared with.
        measured_by: Identities of the metrics, by name.
    """

    cell: Cell
    key: RecordKey
    fingerprint: str
    measured_by: Mapping[str, str]


@dataclass(frozen=True)
class Decoded:
    """A decoded HR image.

    Attributes:
        image: uint8, (C, H, W).
        sha256: Its `pixel_sha256`.
        warnings: What makes its pixels doubtful, such as a wrong checksum in its file; usually empty.
    """

    image: Image
    sha256: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class PreparedImage:
    """LR and compared HR of one image at one scale under one degradation rule.

    Attributes:
        hr: The whole HR image.
        job: LR and the size of the result.
        reference: HR in the planes that are upscaled, cropped to a multiple of the scale: uint8, (C, h·scale, w·scale).
        references: Compared part of `reference` by protocol name, on the device where results are compared.
        problems: Why results cannot be compared, by the name of each protocol that is not in `references`.
        warnings: What makes the HR file or a given LR file doubtful; usually empty.
    """

    hr: Decoded
    job: Job
    reference: Image
    references: Mapping[str, Planes]
    problems: Mapping[str, ImageError]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Ready:
    """A prepared image, and the records to be made from its results."""

    prepared: PreparedImage
    records: list[PendingRecord]


@dataclass
class PreparedWork:
    """A pending image's LR images, ready to be upscaled, and its records that failed in preparation."""

    ready: list[Ready] = field(default_factory=list)
    failed: list[Record] = field(default_factory=list)


@dataclass(frozen=True)
class Upscaled:
    """A result to be scored; `precision` is an `Inference.label`, perhaps with ` (auto)`, as stored in records."""

    ready: Ready
    produced: Produced
    precision: str


class SavedHashes(NamedTuple):
    """`pixel_sha256` of a saved upscaled image and of the HR compared with it; empty if nothing is saved."""

    image_sha256: str = ""
    reference_sha256: str = ""


Save = Callable[[Upscaled], SavedHashes]
"""Saves an upscaled image and the HR compared with it, and returns the hashes of their pixels."""

Predictions = Mapping[str, Prediction] | MethodError
"""Predictions on a result by classifier, or the error of a classifier."""
