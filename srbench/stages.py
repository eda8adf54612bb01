"""What travels through a run, and the stages at its two ends: an image is prepared, and its results are scored.

Both run in threads of their own, beside the upscaling; they touch nothing that the other stages touch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from srbench.api import LrSource, Metric, Sample
from srbench.datasets import Dataset
from srbench.downstream.seen import Seen
from srbench.downstream.viewer import View, Views
from srbench.errors import ImageError, MethodError, SRBenchError, one_line
from srbench.grouping import grouped
from srbench.images import Image
from srbench.inputs import Decoded, Degraded, decode, degrade
from srbench.methods import Job, Produced
from srbench.plan import Cell
from srbench.record import Record, RecordKey
from srbench.scoring import Planes, compare, compared, located, score

__all__ = [
    "Keep",
    "Kept",
    "Prepared",
    "Ready",
    "Result",
    "Task",
    "Truth",
    "failed_records",
    "look",
    "prepare",
    "scored_records",
    "seen_records",
]


@dataclass(frozen=True)
class Task:
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
    tasks: list[Task]


@dataclass
class Prepared:
    """An image ready to be upscaled, and the records that failed before."""

    ready: list[Ready] = field(default_factory=list)
    failed: list[Record] = field(default_factory=list)


def prepare(dataset: Dataset, sample: Sample, tasks: Sequence[Task], lr: LrSource, device: str) -> Prepared:
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
    degraded: Degraded, hr: Decoded, tasks: Sequence[Task], device: str
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
            references[protocol.name] = compared(protocol, reference, same[0].cell.scale)
        except ImageError as error:
            failed += failed_records(same, error, hr)
    return references, failed


class Kept(NamedTuple):
    """`pixel_sha256` of a saved result and of what it is compared with; empty where nothing is saved."""

    image_sha256: str = ""
    reference_sha256: str = ""


Keep = Callable[[Ready, Produced], Kept]
"""Saves a result and what it is compared with."""


def scored_records(
    ready: Ready, produced: Produced, precision: str, metrics: Sequence[Metric], keep: Keep
) -> list[Record]:
    """The records of one result.

    Args:
        ready: What was upscaled, and for which records.
        produced: The result.
        precision: As the records say it.
        metrics: What to compute.
        keep: Saves the result.

    Raises:
        StoreError: It cannot be saved.
    """
    records: list[Record] = []
    try:
        saved = keep(ready, produced)
    except RuntimeError as error:  # a GPU reports many faults only here, when its result is fetched
        return failed_records(ready.tasks, MethodError(f"cannot be saved: {one_line(error)}"), ready.truth.hr)
    for task in ready.tasks:
        try:
            record = _record(task, ready.truth, produced, precision, metrics)
            records.append(replace(record, **saved._asdict()))
        except MethodError as error:
            records += failed_records([task], error, ready.truth.hr)
        except RuntimeError as error:  # a GPU's, when it has no memory left
            records += failed_records([task], MethodError(f"cannot be scored: {one_line(error)}"), ready.truth.hr)
    return records


@dataclass(frozen=True)
class Result:
    """An upscaled image on its way to be scored: what it was made from, and in what precision."""

    ready: Ready
    produced: Produced
    precision: str


Looked = Mapping[str, Seen] | MethodError
"""What classifiers made of a result, by name; or why one of them failed."""


def look(results: Sequence[Result], views: Views) -> list[Looked]:
    """Let classifiers look at results, perhaps of several sizes, in batches; where one fails, at each alone."""
    try:
        return list(views.look([_view(result, views) for result in results]))
    except MethodError as error:
        if len(results) == 1:
            return [error]
        return [looked for result in results for looked in look([result], views)]


def seen_records(
    results: Sequence[Result], looked: Sequence[Looked], metrics: Sequence[Metric], keep: Keep
) -> list[Record]:
    """The records of several results that classifiers have looked at.

    Args:
        results: The results.
        looked: Of `look`; where that failed the records do.
        metrics: What to compute.
        keep: Saves the results.

    Raises:
        StoreError: One cannot be saved.
    """
    records: list[Record] = []
    for result, each in zip(results, looked, strict=True):
        if isinstance(each, MethodError):
            records += failed_records(result.ready.tasks, each, result.ready.truth.hr)
            continue
        described = {name: seen.describe() for name, seen in each.items()}
        records += [
            replace(record, seen=described) if record.status == "ok" else record
            for record in scored_records(result.ready, result.produced, result.precision, metrics, keep)
        ]
    return records


def _view(result: Result, views: Views) -> View:
    ready = result.ready
    dataset = ready.tasks[0].cell.dataset.name
    size = "x".join(str(side) for side in ready.truth.reference.shape)
    truth = views.truth(dataset, ready.job.image)
    return View(result.produced.image, ready.truth.reference, f"{ready.truth.hr.sha256} {size}", truth)


def _record(task: Task, truth: Truth, produced: Produced, precision: str, metrics: Sequence[Metric]) -> Record:
    protocol = task.cell.protocol
    if len(truth.hr.image) == 1 and len(produced.image) == 3 and protocol.card.grey == "y":
        raise MethodError(f"HR is grey, which {protocol.name} reads as luma; the result is RGB, save it as grey")
    sr = compared(protocol, produced.image, task.cell.scale)
    scores = score(compare(sr, truth.references[protocol.name]), metrics)
    return Record(
        key=task.key,
        status="ok",
        fingerprint=task.fingerprint,
        protocol_hash=protocol.card.hash,
        hr_sha256=truth.hr.sha256,
        precision=precision,
        scores=scores.values,
        undefined=scores.undefined,
        warnings=(*truth.warnings, *produced.warnings),
    )


def failed_records(tasks: Sequence[Task], error: SRBenchError, hr: Decoded | None = None) -> list[Record]:
    """The same failure for several records; without HR where it could not be decoded."""
    return [
        Record(
            key=task.key,
            status="failed",
            fingerprint=task.fingerprint,
            protocol_hash=task.cell.protocol.card.hash,
            hr_sha256=None if hr is None else hr.sha256,
            error=str(error),
        )
        for task in tasks
    ]
