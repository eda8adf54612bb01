"""What travels through a run, and the stages at its two ends: an image is prepared, and its results are scored.

Both run in threads of their own, beside the upscaling; they touch nothing that the other stages touch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from srbench.api import Metric, Produced, View
from srbench.classifiers import ClassifierPanel
from srbench.engine.work import Decoded, Keep, Looked, PendingRecord, Ready, Truth, Upscaled
from srbench.errors import MethodError, SRBenchError, one_line
from srbench.metrics import compare, score
from srbench.protocols import compared_where_it_lies
from srbench.runs import Record

__all__ = ["failed_records", "look", "scored_records", "seen_records"]


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


def look(results: Sequence[Upscaled], views: ClassifierPanel) -> list[Looked]:
    """Let classifiers look at results, perhaps of several sizes, in batches; where one fails, at each alone."""
    try:
        return list(views.look([_view(result, views) for result in results]))
    except MethodError as error:
        if len(results) == 1:
            return [error]
        return [looked for result in results for looked in look([result], views)]


def seen_records(
    results: Sequence[Upscaled], looked: Sequence[Looked], metrics: Sequence[Metric], keep: Keep
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


def _view(result: Upscaled, views: ClassifierPanel) -> View:
    ready = result.ready
    dataset = ready.tasks[0].cell.dataset.name
    size = "x".join(str(side) for side in ready.truth.reference.shape)
    truth = views.truth(dataset, ready.job.image)
    return View(result.produced.image, ready.truth.reference, f"{ready.truth.hr.sha256} {size}", truth)


def _record(task: PendingRecord, truth: Truth, produced: Produced, precision: str, metrics: Sequence[Metric]) -> Record:
    protocol = task.cell.protocol
    if len(truth.hr.image) == 1 and len(produced.image) == 3 and protocol.card.grey == "y":
        raise MethodError(f"HR is grey, which {protocol.name} reads as luma; the result is RGB, save it as grey")
    sr = compared_where_it_lies(protocol, produced.image, task.cell.scale)
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


def failed_records(tasks: Sequence[PendingRecord], error: SRBenchError, hr: Decoded | None = None) -> list[Record]:
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
