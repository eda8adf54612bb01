"""From a dataset's files to what methods and metrics see: HR decoded once, LR made or read once for each rule."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from srbench.api import LrSource, Sample
from srbench.datasets import Dataset
from srbench.errors import DatasetError, SRBenchError
from srbench.images import Image, read_identified, read_image, to_rgb
from srbench.protocol import DegradationRule

__all__ = ["Decoded", "Degraded", "decode", "degrade"]

Planes = NDArray[Any]


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


def decode(dataset: Dataset, sample: Sample) -> Decoded:
    """Decode HR and compare its pixels with what the dataset's card lists.

    Raises:
        SRBenchError: It cannot be decoded, or has other pixels; the file is named, not its folder.
    """
    try:
        image, found = read_identified(sample.hr)
    except SRBenchError as error:
        raise _naming_only(sample.hr, error) from error
    if found != dataset.pixels.get(sample.id, found):
        raise DatasetError(
            f"{sample.hr.name}: other pixels than {dataset.name}'s card lists: another vintage of it, or another "
            "JPEG decoder; import the dataset again, or use its folder as ./folder"
        )
    return Decoded(image, found)


def degrade(hr: Image, sample: Sample, scale: int, rule: DegradationRule, source: LrSource) -> Degraded:
    """Make LR by the rule, or read the dataset's own.

    Args:
        hr: uint8, (C, H, W).
        sample: Where given LR files are.
        scale: Upscaling factor.
        rule: How LR is made.
        source: `made`, or `given`; a given LR is compared with the one the rule makes.

    Raises:
        SRBenchError: HR is too small, or the given LR is missing, damaged or of the wrong size.
    """
    reference = rule.reference(hr, scale)
    made = rule.degrade(reference, scale)  # already cut and in the rule's planes, so that this is not done again
    if source == "made":
        return Degraded(made, reference)
    path = sample.lr.get(scale)
    if path is None:
        raise DatasetError(f"{sample.id}: no LR file for ×{scale} in a folder X{scale}; leave out --lr given")
    try:
        given = to_rgb(read_image(path))
    except SRBenchError as error:
        raise _naming_only(path, error) from error
    if given.shape != made.shape:
        got, expected = (f"{shape[2]}×{shape[1]}" for shape in (given.shape, made.shape))
        raise DatasetError(f"{path.name}: LR is {got}, expected {expected} for ×{scale}")
    differing = float(np.mean(given != made))
    warnings = (f"given LR differs from the protocol's in {differing:.1%} of its samples",) if differing else ()
    return Degraded(given, reference, warnings)


def _naming_only(path: Path, error: SRBenchError) -> SRBenchError:
    """The same error with the file's name for its path: a record is read where this machine's folders say nothing."""
    return type(error)(str(error).replace(str(path), path.name))
