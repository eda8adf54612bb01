"""From a dataset's files to what methods and metrics see: HR decoded once, LR made or read once for each rule."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from srbench.api import Dataset, Image, Job, LrSource, Planes, Sample
from srbench.engine.records import failed_records
from srbench.engine.work import Decoded, Degraded, PendingRecord, Prepared, Ready, Truth
from srbench.errors import DatasetError, ImageError, SRBenchError, one_line
from srbench.files import read_identified, read_image, to_rgb
from srbench.parallel import grouped
from srbench.protocols import DegradationRule, compared_where_it_lies
from srbench.runs import Record

__all__ = ["decode", "degrade", "located", "prepare_image"]


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


def prepare_image(
    dataset: Dataset, sample: Sample, tasks: Sequence[PendingRecord], lr: LrSource, device: str
) -> Prepared:
    """Decode an image, degrade it for each factor and rule, and cut HR to what is compared.

    Args:
        dataset: Whose image.
        sample: The image.
        tasks: Its records.
        lr: Whether LR is made or read.
        device: Where results will be compared.
    """
    prepared = Prepared()
    try:
        hr = decode(dataset, sample)
    except SRBenchError as error:
        prepared.failed += failed_records(tasks, error)
        return prepared
    for (scale, rule), group in grouped(tasks, lambda task: (task.cell.scale, task.cell.protocol.degradation)):
        try:
            degraded = degrade(hr.image, sample, scale, rule, lr)
        except SRBenchError as error:
            prepared.failed += failed_records(group, error, hr)
            continue
        job = Job(sample.id, degraded.lr, degraded.reference.shape[1:], scale, grey=len(hr.image) == 1)
        references, failed = _references(degraded, hr, group, device)
        prepared.failed += failed
        scorable = [task for task in group if task.cell.protocol.name in references]
        if scorable:
            prepared.ready.append(Ready(job, Truth(hr, degraded.reference, references, degraded.warnings), scorable))
    return prepared


def _references(
    degraded: Degraded, hr: Decoded, tasks: Sequence[PendingRecord], device: str
) -> tuple[dict[str, Planes], list[Record]]:
    """HR as each protocol compares it; the tasks of a protocol that leaves nothing to compare fail."""
    references: dict[str, Planes] = {}
    failed: list[Record] = []
    try:
        reference = located(degraded.reference, device)
    except RuntimeError as error:  # a GPU's, when it has no memory left
        return references, failed_records(tasks, ImageError(f"does not fit on {device}: {one_line(error)}"), hr)
    for protocol, same in grouped(tasks, lambda task: task.cell.protocol):
        try:
            references[protocol.name] = compared_where_it_lies(protocol, reference, same[0].cell.scale)
        except ImageError as error:
            failed += failed_records(same, error, hr)
    return references, failed


def located(image: NDArray[Any], device: str) -> Planes:
    """An image where results are compared: as it is for the processor, else copied to the device, once."""
    if device == "cpu":
        return image
    import torch  # here, because arrays need none

    return torch.from_numpy(np.ascontiguousarray(image)).to(device, non_blocking=True)
