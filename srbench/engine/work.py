"""What travels through an engine: images to prepare, prepared images, results."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from srbench.api import Image, Job, Planes, Prediction, Produced
from srbench.errors import MethodError
from srbench.runs import Cell, Record, RecordKey

__all__ = ["Decoded", "Degraded", "Keep", "Kept", "PendingRecord", "Prepared", "Ready", "Truth", "Upscaled"]


@dataclass(frozen=True)
class PendingRecord:
    """One record that is still to be made."""

    cell: Cell
    key: RecordKey
    fingerprint: str


@dataclass(frozen=True)
class Truth:
    """What a result is compared with.

    Attributes:
        hr: The image.
        reference: The same, cut to a multiple of the scale.
        references: Its compared planes by protocol name.
        warnings: What is odd about its LR.
    """

    hr: Decoded
    reference: Image
    references: Mapping[str, Planes]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Ready:
    """An LR image, what its results are compared with, and the records that wait for them."""

    job: Job
    truth: Truth
    tasks: list[PendingRecord]


@dataclass
class Prepared:
    """An image ready to be upscaled, and the records that failed before."""

    ready: list[Ready] = field(default_factory=list)
    failed: list[Record] = field(default_factory=list)


class Kept(NamedTuple):
    """`pixel_sha256` of a saved result and of what it is compared with; empty where nothing is saved."""

    image_sha256: str = ""
    reference_sha256: str = ""


Keep = Callable[[Ready, Produced], Kept]
"""Saves a result and what it is compared with."""


@dataclass(frozen=True)
class Upscaled:
    """An upscaled image on its way to be scored: what it was made from, and in what precision."""

    ready: Ready
    produced: Produced
    precision: str


Looked = Mapping[str, Prediction] | MethodError
"""What classifiers made of a result, by name; or why one of them failed."""


@dataclass(frozen=True)
class Decoded:
    """An HR image, uint8 (C, H, W), and its `pixel_sha256`."""

    image: Image
    sha256: str


@dataclass(frozen=True)
class Degraded:
    """LR and what it was made from, at one scale under one degradation rule.

    Attributes:
        lr: uint8 or float64, (C, h, w), 0…255.
        reference: uint8, (C, h·scale, w·scale): HR in the same planes, cut to a multiple of the scale.
        warnings: What is odd about a given LR.
    """

    lr: Planes
    reference: Image
    warnings: tuple[str, ...] = ()
