"""The only loop over cells and images. It knows no metric and no file format.

An image is decoded once, degraded once for each scale and degradation rule, upscaled once by each method, and the
result scored under every protocol that shares the rule. Three things go on at once: the next image is decoded and
degraded, this one is upscaled, the one before is scored; a few images wait in between, however many there are. What
fails, fails in its own records.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from srbench.api import Dataset, Inference, Method, Produced, Producer, Sample
from srbench.engine.auto_precision import try_bf16
from srbench.engine.engine import Advance, Conditions
from srbench.engine.inputs import prepare_image
from srbench.engine.records import failed_records, look, scored_records, seen_records
from srbench.engine.work import Kept, PendingRecord, Prepared, Ready, Upscaled
from srbench.errors import SRBenchError
from srbench.files import pixel_sha256
from srbench.parallel import chunks, grouped, prefetch
from srbench.runs import Identities, Plan, Record, RecordKey, RecordSink

__all__ = ["Worker"]

_WAITING = 2
"""Images decoded ahead, and results waiting to be scored."""

_BATCH = 8
"""Images that a GPU upscales at once, if they are of one size."""

_BATCH_PIXELS = 2**20
"""And LR pixels of a batch, which bound its memory; a larger image goes alone."""

_SEEN = 64
"""Results that wait for classifiers, at most."""

_SEEN_PIXELS = 2**20
"""And their pixels, after which they are looked at: a large image alone."""


@dataclass(frozen=True)
class _Chosen:
    """How a method runs on a dataset, None where nothing is computed; and what its records say of it."""

    inference: Inference | None
    label: str


class Worker:
    def __init__(
        self,
        plan: Plan,
        conditions: Conditions,
        identities: Identities,
        sink: RecordSink,
        advance: Advance,
        scorer: ThreadPoolExecutor,
    ) -> None:
        self._plan = plan
        self._conditions = conditions
        self._identities = identities
        self._sink = sink
        self._advance = advance
        self._scorer = scorer
        self._unseen: list[Upscaled] = []
        self._scoring: deque[Future[list[Record]]] = deque()
        self._producers: dict[tuple[str, int, Inference | None], Producer | SRBenchError] = {}
        self._chosen: dict[tuple[str, str, int], _Chosen] = {}
        # A processor gains nothing from batches, and loses the cache.
        self._batch_size = 1 if conditions.inference.device == "cpu" else _BATCH
        self._truths: dict[str, str] = {}
        self.reused = 0

    def run(self) -> None:
        """Bring the records of every image up to date."""
        lr, device = self._plan.request.lr, self._conditions.inference.device
        coming = prefetch(lambda work: prepare_image(*work, lr, device), self._work(), max(self._batch_size, _WAITING))
        with closing(coming):
            self._consume(coming)

    def _consume(self, coming: Iterator[Prepared]) -> None:
        for several in chunks(coming, self._batch_size):
            failed = [record for one in several for record in one.failed]
            if failed:
                self._submit(lambda failed=failed: failed)
            self._upscale([ready for one in several for ready in one.ready])
        self._see()
        self._drain(0)

    def _work(self) -> Iterator[tuple[Dataset, Sample, list[PendingRecord]]]:
        """Images with records to be made, taken as the run gets to them."""
        for dataset in self._plan.request.datasets:
            for sample in dataset.samples:
                tasks = self._pending(dataset, sample)
                if tasks:
                    yield dataset, sample, tasks

    def _pending(self, dataset: Dataset, sample: Sample) -> list[PendingRecord]:
        tasks: list[PendingRecord] = []
        for cell in self._plan.cells:
            if cell.dataset is not dataset:
                continue
            key = RecordKey(
                cell.method.name, dataset.name, cell.scale, cell.protocol.name, self._plan.request.lr, sample.id
            )
            fingerprint = self._identities.fingerprint(key)
            if self._sink.finished(key, fingerprint) and self._saved(key):
                self.reused += 1
                self._advance(1)
            else:
                tasks.append(PendingRecord(cell, key, fingerprint))
        return tasks

    def _saved(self, key: RecordKey) -> bool:
        """Whether a record's image is where it is wanted, if it is."""
        gallery = self._conditions.gallery
        return gallery is None or self._sink.saved(key, gallery.result(key), gallery.truth(key))

    def _keep(self, ready: Ready, produced: Produced) -> Kept:
        """Save a result, and what it is compared with, where that is wanted."""
        gallery, key = self._conditions.gallery, ready.tasks[0].key
        if gallery is None:
            return Kept()
        result, truth = produced.array, gallery.truth(key)
        self._sink.save(gallery.result(key), result)
        if truth not in self._truths:
            self._sink.save(truth, ready.truth.reference)
            self._truths[truth] = pixel_sha256(ready.truth.reference)
        return Kept(pixel_sha256(result), self._truths[truth])

    def _upscale(self, several: Sequence[Ready]) -> None:
        """All methods on images that may be batched where they are of one size."""
        entries = [(task.cell, ready, task) for ready in several for task in ready.tasks]
        for _, same in grouped(entries, lambda entry: (entry[0].scale, entry[0].method.name, entry[0].dataset.name)):
            cell = same[0][0]
            wanted = [
                replace(ready, tasks=[task for _, of, task in same if of is ready])
                for ready in {id(ready): ready for _, ready, _ in same}.values()
            ]
            for _, same_size in grouped(wanted, lambda ready: ready.job.lr.shape):
                for batch in chunks(same_size, self._fitting(same_size[0])):
                    self._batch(cell.method, cell.dataset, cell.scale, batch)

    def _fitting(self, ready: Ready) -> int:
        """How many images of one size make a batch."""
        pixels = int(ready.job.lr[0].size)
        return max(1, min(self._batch_size, _BATCH_PIXELS // pixels))

    def _batch(self, method: Method, dataset: Dataset, scale: int, batch: Sequence[Ready]) -> None:
        chosen = self._chosen_inference(method, dataset, scale)
        try:
            results = self._producer(method, scale, chosen.inference)([ready.job for ready in batch])
        except SRBenchError as error:
            if len(batch) > 1:  # one of them may be at fault, or all of them together be too large
                for ready in batch:
                    self._batch(method, dataset, scale, [ready])
            else:
                failed = failed_records(batch[0].tasks, error, batch[0].truth.hr)
                self._submit(lambda: failed)
            return
        for ready, produced in zip(batch, results, strict=True):
            self._score(Upscaled(ready, produced, chosen.label))

    def _score(self, result: Upscaled) -> None:
        """Score a result at once, or, where classifiers look on, when enough pixels for a batch have come together."""
        if self._conditions.views is None:
            metrics = self._conditions.metrics
            self._submit(scored_records, result.ready, result.produced, result.precision, metrics, self._keep)
            return
        self._unseen.append(result)
        pixels = sum(int(np.prod(waiting.ready.job.size)) for waiting in self._unseen)
        if pixels >= _SEEN_PIXELS or len(self._unseen) >= _SEEN:
            self._see()

    def _see(self) -> None:
        results, self._unseen = self._unseen, []
        if results and self._conditions.views is not None:
            # Here and not beside the upscaling: two networks at once would fight for the same threads.
            looked = look(results, self._conditions.views)
            self._submit(seen_records, results, looked, self._conditions.metrics, self._keep)

    def _producer(self, method: Method, scale: int, inference: Inference | None) -> Producer:
        """The opened method; one that could not be opened raises the same error for every image."""
        key = (method.name, scale, inference)
        if key not in self._producers:
            try:
                self._producers[key] = method.open(scale, inference or Inference())
            except SRBenchError as error:
                self._producers[key] = error
        opened = self._producers[key]
        if isinstance(opened, SRBenchError):
            raise opened
        return opened

    def _chosen_inference(self, method: Method, dataset: Dataset, scale: int) -> _Chosen:
        """How a method runs on a dataset; under `auto` as its finished records say, or else by a trial."""
        key = (method.name, dataset.name, scale)
        if key not in self._chosen:
            inference = method.inference(scale, self._conditions.inference)
            if inference is None:
                self._chosen[key] = _Chosen(None, "")
            elif self._conditions.auto and inference.precision == "bf16":
                self._chosen[key] = self._tried(method, dataset, scale, inference)
            else:
                self._chosen[key] = _Chosen(inference, inference.label)
        return self._chosen[key]

    def _tried(self, method: Method, dataset: Dataset, scale: int, inference: Inference) -> _Chosen:
        images = {sample.id for sample in dataset.samples}
        for record in self._sink.records():
            key = record.key
            same = (key.method, key.dataset, key.scale) == (method.name, dataset.name, scale) and key.image in images
            if same and self._sink.finished(key, self._identities.fingerprint(key)):
                found = replace(inference, precision="bf16" if record.precision.startswith("bf16") else "fp32")
                return _Chosen(found, record.precision)
        request = self._plan.request
        cells = [
            cell for cell in self._plan.cells if (cell.method, cell.dataset, cell.scale) == (method, dataset, scale)
        ]
        trial = try_bf16(method, dataset, scale, [cell.protocol for cell in cells], request.lr, inference)
        self._conditions.on_trial(trial)
        found = replace(inference, precision=trial.precision)
        return _Chosen(found, f"{found.label} (auto)")

    def _submit(self, function: Callable[..., list[Record]], *arguments: Any) -> None:
        """Have records made in the background, once few enough are on their way."""
        self._drain(_WAITING - 1)
        self._scoring.append(self._scorer.submit(function, *arguments))

    def _drain(self, left: int) -> None:
        """Keep records in the order they were begun: what is done, and more until only so many are on their way."""
        while self._scoring and (len(self._scoring) > left or self._scoring[0].done()):
            for record in self._scoring.popleft().result():
                self._sink.append(record)
                self._advance(1)
