"""The engine that runs in this process.

An image is decoded once, degraded once per scale and degradation rule, upscaled once by each method, and the result
scored under every protocol that shares the rule. Decoding of the next image, upscaling of this one and scoring of the
previous one run at once, with bounded queues in between. An error fails only the records it concerns.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from typing import Any

import numpy as np

from srbench.api import Panel, Trial
from srbench.engine.auto_precision import Precisions
from srbench.engine.engine import Advance, OnFiles, Settings
from srbench.engine.inputs import prepare_work
from srbench.engine.pending import PendingImage, pending
from srbench.engine.records import classified_records, predictions, scored_records
from srbench.engine.work import PreparedWork, SavedHashes, Upscaled
from srbench.engine.worker import Worker
from srbench.files import pixel_sha256
from srbench.parallel import chunks, prefetch
from srbench.runs import Identities, Plan, Record, RecordSink

_WAITING = 2
"""Largest number of images decoded ahead, and of results waiting to be scored."""

_LOOKED_AT = 64
"""Number of waiting results at which the classifiers are run on all of them."""
_LOOKED_AT_PIXELS = 2**20
"""Total number of pixels of waiting results at which the classifiers are run on all of them."""


def run_plan(
    plan: Plan,
    settings: Settings,
    identities: Identities,
    sink: RecordSink,
    *,
    panel: Panel | None = None,
    on_trial: Callable[[Trial], None] = lambda _: None,
    on_files: OnFiles = lambda *_: None,
    advance: Advance = lambda _: None,
) -> int:
    """Make every record of a plan that the sink lacks, in this process; for arguments and result see `Engine`."""
    choose = Precisions(plan, settings, identities, sink, on_trial).choose
    worker = Worker(settings.inference.device, choose, on_files)
    with ThreadPoolExecutor(1, thread_name_prefix="srbench-score") as scorer:
        scoring = _Scoring(settings, sink, panel, advance, scorer)
        work = _counted(pending(plan, identities, sink, settings.gallery), scoring)
        device = settings.inference.device
        coming = prefetch(lambda one: prepare_work(one, settings.lr, device), work, max(worker.batch_size, _WAITING))
        try:
            with closing(coming):
                _consume(coming, worker, scoring)
        finally:
            # After an error, results whose scoring has not begun are dropped; the store waits for the one that has.
            scorer.shutdown(wait=True, cancel_futures=True)
    return scoring.reused


def _counted(images: Iterator[PendingImage], scoring: _Scoring) -> Iterator[PendingImage]:
    """Images with records to be made; finished records are counted."""
    for image in images:
        scoring.found(image.finished)
        if image.records:
            yield image


def _consume(coming: Iterator[PreparedWork], worker: Worker, scoring: _Scoring) -> None:
    for several in chunks(coming, worker.batch_size):
        for work in several:
            scoring.add(work.failed)
        for result in worker.upscale([ready for work in several for ready in work.ready]):
            scoring.add(result)
    scoring.finish()


class _Scoring:
    """Scores results in a separate thread, which hands each record to the sink as soon as it is made."""

    def __init__(
        self, settings: Settings, sink: RecordSink, panel: Panel | None, advance: Advance, scorer: ThreadPoolExecutor
    ) -> None:
        self._metrics = [metric.build(settings.inference.device) for metric in settings.metrics]
        self._gallery = settings.gallery
        self._sink, self._panel, self._advance, self._scorer = sink, panel, advance, scorer
        self._unclassified: list[Upscaled] = []
        self._waiting: deque[Future[int]] = deque()
        self._references: dict[str, str] = {}
        self.reused = 0

    def found(self, count: int) -> None:
        """Count finished records."""
        if count:
            self.reused += count
            self._advance(count)

    def add(self, result: Upscaled | list[Record]) -> None:
        """Score a result; with classifiers, collect results until there are enough for a batch."""
        if isinstance(result, list):
            if result:
                self._submit(lambda: result)
        elif self._panel is None:
            self._submit(scored_records, result, self._metrics, self._save)
        else:
            self._unclassified.append(result)
            pixels = sum(int(np.prod(one.ready.prepared.job.size)) for one in self._unclassified)
            if pixels >= _LOOKED_AT_PIXELS or len(self._unclassified) >= _LOOKED_AT:
                self._classify()

    def finish(self) -> None:
        """Score all waiting results."""
        self._classify()
        self._drain(0)

    def _classify(self) -> None:
        results, self._unclassified = self._unclassified, []
        if results and self._panel is not None:
            # In the thread of the upscaling, because two networks at once would compete for the same cores.
            found = predictions(results, self._panel)
            self._submit(classified_records, results, found, self._metrics, self._save)

    def _save(self, result: Upscaled) -> SavedHashes:
        """Save a result and its reference, if the run has a gallery."""
        ready = result.ready
        gallery, key, reference = self._gallery, ready.records[0].key, ready.prepared.reference
        if gallery is None:
            return SavedHashes()
        image, name = result.produced.array, gallery.truth(key)
        self._sink.save(gallery.result(key), image)
        if name not in self._references:
            self._sink.save(name, reference)
            self._references[name] = pixel_sha256(reference)
        return SavedHashes(pixel_sha256(image), self._references[name])

    def _submit(self, function: Callable[..., Iterable[Record]], *arguments: Any) -> None:
        """Make records in the background, once fewer than `_WAITING` batches are in progress."""
        self._drain(_WAITING - 1)
        self._waiting.append(self._scorer.submit(self._stored, function, *arguments))

    def _stored(self, function: Callable[..., Iterable[Record]], *arguments: Any) -> int:
        """Store each record as soon as it is made; return their number."""
        made = 0
        for record in function(*arguments):
            self._sink.append(record)
            made += 1
        return made

    def _drain(self, left: int) -> None:
        """Report progress, and errors of the storage, until at most `left` batches are in progress."""
        while self._waiting and (len(self._waiting) > left or self._waiting[0].done()):
            self._advance(self._waiting.popleft().result())
