"""Records of results: scored, or failed with the reason."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from srbench.api import ImagePair, LooksAt, Metric, Panel, Planes, View
from srbench.engine.work import Decoded, PendingRecord, Predictions, PreparedImage, Save, Upscaled
from srbench.errors import MethodError, SRBenchError, message_of, one_line
from srbench.metrics import Scores, compare, score
from srbench.protocols import Protocol
from srbench.runs import Record


class _Pairs:
    """The pairs of one result that metrics look at, each made once."""

    def __init__(self, image: Planes, prepared: PreparedImage, protocol: Protocol) -> None:
        self._image, self._prepared, self._protocol = image, prepared, protocol
        self._made: dict[LooksAt, ImagePair] = {"scored": self._scored()}

    def of(self, looks_at: LooksAt) -> ImagePair:
        """Return the pair that a metric looks at."""
        if looks_at not in self._made:
            self._made[looks_at] = self._in_rgb() if looks_at == "rgb" else self._degraded()
        return self._made[looks_at]

    def _scored(self) -> ImagePair:
        sr = self._protocol.compared(self._image, self._prepared.job.scale)
        return compare(sr, self._prepared.references[self._protocol.name])

    def _in_rgb(self) -> ImagePair:
        reference: Planes = self._prepared.reference
        if not isinstance(self._image, np.ndarray):
            import torch  # a tensor's maker has imported it

            reference = torch.from_numpy(reference).to(self._image.device)
        scale = self._prepared.job.scale
        return compare(self._protocol.in_rgb(self._image, scale), self._protocol.in_rgb(reference, scale))

    def _degraded(self) -> ImagePair:
        image = self._image if isinstance(self._image, np.ndarray) else self._image.cpu().numpy()
        rule, job = self._protocol.degradation, self._prepared.job
        return compare(rule.degrade(image, job.scale), job.lr)


def scored(image: Planes, prepared: PreparedImage, protocol: Protocol, metrics: Sequence[Metric]) -> Scores:
    """Compute the metrics of one upscaled image under one protocol.

    Args:
        image: The upscaled image: uint8, (C, h·scale, w·scale), on the device of `prepared.references`.
        prepared: The image that was upscaled, with the HR that the protocol compares.
        protocol: Rules of the comparison.
        metrics: Metrics to compute.

    Raises:
        MethodError: HR is grey and read as luma, and the result is RGB.
        ImageError: The images cannot be compared.
    """
    if prepared.job.grey and len(image) == 3 and protocol.card.grey == "y":
        raise MethodError(f"HR is grey, which {protocol.name} reads as luma; the result is RGB, save it as grey")
    return score(_Pairs(image, prepared, protocol).of, metrics)


def scored_records(result: Upscaled, metrics: Sequence[Metric], save: Save) -> Iterator[Record]:
    """Save one upscaled image, score it, and yield the record of each protocol as soon as it is scored.

    Raises:
        StoreError: The image cannot be saved.
    """
    pending, hr = result.ready.records, result.ready.prepared.hr
    try:
        saved = save(result)
    except device_faults() as error:
        yield from failed_records(pending, MethodError(f"cannot be saved: {one_line(error)}"), hr)
        return
    for one in pending:
        try:
            record = replace(_record(one, result, metrics), **saved._asdict())
        except MethodError as error:
            (record,) = failed_records([one], error, hr)
        except device_faults() as error:
            (record,) = failed_records([one], MethodError(f"cannot be scored: {one_line(error)}"), hr)
        yield record


def device_faults() -> tuple[type[Exception], ...]:
    """Exceptions by which torch reports a GPU's faults, many only when a result is fetched; none without torch."""
    torch = sys.modules.get("torch")
    return () if torch is None else (torch.AcceleratorError, torch.OutOfMemoryError)


def predictions(results: Sequence[Upscaled], panel: Panel) -> list[Predictions]:
    """Return the classifiers' predictions on each result, or the error of a classifier; results may differ in size."""
    try:
        return list(panel.look([_view(result, panel) for result in results]))
    except MethodError as error:
        if len(results) == 1:
            return [error]
        return [found for result in results for found in predictions([result], panel)]


def classified_records(
    results: Sequence[Upscaled], found: Sequence[Predictions], metrics: Sequence[Metric], save: Save
) -> Iterator[Record]:
    """Save and score classified results, and yield each record as soon as it is scored.

    Yields:
        Records, failed where a classifier failed on the result.

    Raises:
        StoreError: A result cannot be saved.
    """
    for result, each in zip(results, found, strict=True):
        if isinstance(each, MethodError):
            yield from failed_records(result.ready.records, each, result.ready.prepared.hr)
            continue
        described = {name: prediction.describe() for name, prediction in each.items()}
        for record in scored_records(result, metrics, save):
            yield replace(record, seen=described) if record.status == "ok" else record


def _view(result: Upscaled, panel: Panel) -> View:
    prepared = result.ready.prepared
    size = "x".join(str(side) for side in prepared.reference.shape)
    truth = panel.truth(result.ready.records[0].cell.dataset.name, prepared.job.image)
    return View(result.produced.image, prepared.reference, f"{prepared.hr.sha256} {size}", truth)


def _record(pending: PendingRecord, result: Upscaled, metrics: Sequence[Metric]) -> Record:
    protocol, prepared = pending.cell.protocol, result.ready.prepared
    scores = scored(result.produced.image, prepared, protocol, metrics)
    return Record(
        key=pending.key,
        status="ok",
        fingerprint=pending.fingerprint,
        protocol_hash=protocol.card.hash,
        hr_sha256=prepared.hr.sha256,
        precision=result.precision,
        scores=scores.values,
        undefined=scores.undefined,
        remarks=scores.remarks,
        measured_by=pending.measured_by,
        warnings=(*prepared.warnings, *result.produced.warnings),
    )


def failed_records(pending: Sequence[PendingRecord], error: SRBenchError, hr: Decoded | None = None) -> list[Record]:
    """Return failed records, all with the same error; `hr` is None if the HR image could not be decoded."""
    return [
        Record(
            key=one.key,
            status="failed",
            fingerprint=one.fingerprint,
            protocol_hash=one.cell.protocol.card.hash,
            hr_sha256=None if hr is None else hr.sha256,
            error=message_of(error),
        )
        for one in pending
    ]
