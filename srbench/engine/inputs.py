"""From a dataset's files to the inputs of methods and metrics: one image at one scale under one degradation rule."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from srbench.api import Dataset, Image, Job, LrSource, Planes, Sample
from srbench.engine.pending import PendingImage
from srbench.engine.records import device_faults, failed_records
from srbench.engine.work import Decoded, PreparedImage, PreparedWork, Ready
from srbench.errors import DatasetError, ImageError, SRBenchError, one_line
from srbench.files import read_identified, to_rgb
from srbench.parallel import grouped
from srbench.protocols import DegradationRule, Protocol


def decode(dataset: Dataset, sample: Sample, expected: str = "") -> Decoded:
    """Decode an HR image and check its pixels against the hash in the dataset's card, if there is one.

    Args:
        dataset: The image's dataset.
        sample: The image.
        expected: sha256 of the file when the run began; empty if not known.

    Raises:
        SRBenchError: The file cannot be decoded or has changed, or its pixels differ from those in the card, which does
            not allow it.
    """
    try:
        image, found, warnings, file = read_identified(sample.hr)
    except SRBenchError as error:
        raise _named_by_file(sample.hr, error) from error
    _refuse_changed(sample.hr, file, expected)
    warnings = tuple(f"HR file: {warning}" for warning in warnings)
    if found != dataset.pixels.get(sample.id, found):
        if dataset.other_pixels == "refuse":
            raise DatasetError(
                f"{sample.hr.name}: other pixels than {dataset.name}'s card lists: another version of the dataset, or "
                "another JPEG decoder; import the dataset again, or use its folder as ./folder"
            )
        warnings = (*warnings, f"HR has other pixels than {dataset.name}'s card lists")
    return Decoded(image, found, warnings)


def prepared(
    hr: Decoded,
    sample: Sample,
    scale: int,
    protocols: Sequence[Protocol],
    lr: LrSource,
    device: str = "cpu",
    *,
    expected_lr: str = "",
) -> PreparedImage:
    """Make LR and the compared part of HR of one image at one scale, for protocols with the same degradation rule.

    Args:
        hr: The decoded HR image.
        sample: The image's id and LR files.
        scale: Upscaling factor.
        protocols: At least one; all with the same degradation rule.
        lr: `made`: by the rule; `given`: read from a file, with a warning if it differs from what the rule makes.
        device: Torch device on which results will be compared.
        expected_lr: sha256 of the given LR file when the run began; empty if not known.

    Raises:
        SRBenchError: HR is too small or does not fit on the device, or a given LR is missing, damaged or of wrong size.
    """
    rule = protocols[0].degradation
    reference = rule.reference(hr.image, scale)
    low, warnings = _lr(reference, sample, scale, rule, lr, expected_lr)
    try:
        there = _on_device(reference, device)
    except device_faults() as error:
        raise ImageError(f"does not fit on {device}: {one_line(error)}") from error
    references: dict[str, Planes] = {}
    problems: dict[str, ImageError] = {}
    for protocol in protocols:
        try:
            references[protocol.name] = protocol.compared(there, scale)
        except ImageError as error:
            problems[protocol.name] = error
    job = Job(sample.id, low, (reference.shape[1], reference.shape[2]), scale, grey=len(hr.image) == 1)
    return PreparedImage(hr, job, reference, references, problems, (*hr.warnings, *warnings))


def _lr(
    reference: Image, sample: Sample, scale: int, rule: DegradationRule, source: LrSource, expected: str
) -> tuple[Planes, tuple[str, ...]]:
    """LR, and warnings about it."""
    made = rule.degrade(reference, scale)  # `reference` is cropped and in the rule's planes already
    if source == "made":
        return made, ()
    path = sample.lr.get(scale)
    if path is None:
        raise DatasetError(f"{sample.id}: no LR file for ×{scale} in folder X{scale}; add it or leave out --lr given")
    try:
        read = read_identified(path)
    except SRBenchError as error:
        raise _named_by_file(path, error) from error
    _refuse_changed(path, read.file_sha256, expected)
    given, warnings = to_rgb(read.image), tuple(f"LR file: {warning}" for warning in read.warnings)
    if given.shape != made.shape:
        got, wanted = (f"{shape[2]}×{shape[1]}" for shape in (given.shape, made.shape))
        raise DatasetError(f"{path.name}: LR is {got}, expected {wanted} for ×{scale}; leave out --lr given")
    differing = float(np.mean(given != made))
    if differing:
        warnings = (*warnings, f"given LR differs from the protocol's in {differing:.1%} of its samples")
    return given, warnings


def _refuse_changed(path: Path, found: str, expected: str) -> None:
    """Raise ImageError for a file that is not the one whose hash the record's fingerprint holds."""
    if expected and found != expected:
        raise ImageError(f"{path.name}: the file was changed during the run; run the same command again")


def _named_by_file(path: Path, error: SRBenchError) -> SRBenchError:
    """The same error with the file's name in place of its path, which means nothing to a reader of records."""
    return type(error)(str(error).replace(str(path), path.name))


def _on_device(image: Image, device: str) -> Planes:
    """The image itself on the CPU, else a copy on the device."""
    if device == "cpu":
        return image
    import torch  # here, because the CPU path needs none

    return torch.from_numpy(np.ascontiguousarray(image)).to(device, non_blocking=True)


def prepare_work(pending: PendingImage, lr: LrSource, device: str) -> PreparedWork:
    """Decode an image once, and make LR and compared HR for every scale and degradation rule of its records.

    Returns:
        Prepared images, and failed records of images that could not be prepared.
    """
    work, sample, records = PreparedWork(), pending.sample, pending.records
    try:
        hr = decode(pending.dataset, sample, pending.hr_sha256)
    except SRBenchError as error:
        work.failed += failed_records(records, error)
        return work
    for (scale, _), group in grouped(records, lambda one: (one.cell.scale, one.cell.protocol.degradation)):
        protocols = list(dict.fromkeys(one.cell.protocol for one in group))
        try:
            image = prepared(hr, sample, scale, protocols, lr, device, expected_lr=pending.lr_sha256.get(scale, ""))
        except SRBenchError as error:
            work.failed += failed_records(group, error, hr)
            continue
        for name, problem in image.problems.items():
            work.failed += failed_records([one for one in group if one.cell.protocol.name == name], problem, hr)
        comparable = [one for one in group if one.cell.protocol.name in image.references]
        if comparable:
            work.ready.append(Ready(image, comparable))
    return work
