"""Methods opened once and applied to prepared images, in batches on a GPU."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from srbench.api import Dataset, Inference, Method, Producer
from srbench.engine.engine import OnFiles
from srbench.engine.records import failed_records
from srbench.engine.work import Ready, Upscaled
from srbench.errors import SRBenchError
from srbench.files import opened_files
from srbench.parallel import chunks, grouped
from srbench.runs import Cell, Record

_BATCH = 8
"""Largest number of images of one size that a GPU upscales at once."""
_BATCH_PIXELS = 2**20
"""Largest number of LR pixels in a batch, which bounds its memory; a larger image is upscaled alone."""


@dataclass(frozen=True)
class Chosen:
    """How a method runs on a dataset: inference settings, None for finished images, and their label in records."""

    inference: Inference | None
    label: str


Choose = Callable[[Method, Dataset, int], Chosen]
"""Returns the inference settings of a method on a dataset at a scale, with their label."""


class Worker:
    """Upscales on one torch device; each method is opened when first used."""

    def __init__(self, device: str, choose: Choose, on_files: OnFiles) -> None:
        # On a CPU, batches gain nothing and exceed the cache.
        self.batch_size = 1 if device == "cpu" else _BATCH
        self._choose, self._on_files = choose, on_files
        self._files: dict[tuple[str, int], set[str]] = {}
        self._producers: dict[tuple[str, int, Inference | None], Producer | SRBenchError] = {}

    def upscale(self, images: Sequence[Ready]) -> Iterator[Upscaled | list[Record]]:
        """Apply to each image the methods that its records name; images of one size are batched.

        Yields:
            A result, or the failed records of an image.
        """
        entries = [(one.cell, ready, one) for ready in images for one in ready.records]
        for _, same in grouped(entries, lambda entry: (entry[0].scale, entry[0].method.name, entry[0].dataset.name)):
            cell = same[0][0]
            wanted = [
                replace(ready, records=[one for _, of, one in same if of is ready])
                for ready in {id(ready): ready for _, ready, _ in same}.values()
            ]
            for _, same_size in grouped(wanted, lambda ready: ready.prepared.job.lr.shape):
                for batch in chunks(same_size, self._fitting(same_size[0])):
                    yield from self._batch(cell, batch)

    def _fitting(self, ready: Ready) -> int:
        """Batch size for images of this size."""
        pixels = int(ready.prepared.job.lr[0].size)
        return max(1, min(self.batch_size, _BATCH_PIXELS // pixels))

    def _batch(self, cell: Cell, batch: Sequence[Ready]) -> Iterator[Upscaled | list[Record]]:
        try:
            with self._observed(cell.method, cell.scale):  # the choice may try the method
                chosen = self._choose(cell.method, cell.dataset, cell.scale)
                produce = self._producer(cell.method, cell.scale, chosen.inference)
                results = produce([ready.prepared.job for ready in batch])
        except SRBenchError as error:
            if len(batch) > 1:  # one image may be at fault, or all together be too large
                for ready in batch:
                    yield from self._batch(cell, [ready])
            else:
                yield failed_records(batch[0].records, error, batch[0].prepared.hr)
            return
        for ready, produced in zip(batch, results, strict=True):
            yield Upscaled(ready, produced, chosen.label)

    @contextmanager
    def _observed(self, method: Method, scale: int) -> Iterator[None]:
        """Report the files that the method reads in the block, each once; finished images are hashed already."""
        if method.colour == "images":
            yield
            return
        known = self._files.setdefault((method.name, scale), set())
        read: Mapping[str, str] = {}
        try:
            with opened_files() as read:
                yield
        finally:  # what a failed call has read may be remembered by the next
            new = {path: sha256 for path, sha256 in read.items() if path not in known}
            if new:
                known.update(new)
                self._on_files(method.name, scale, new)

    def _producer(self, method: Method, scale: int, inference: Inference | None) -> Producer:
        """The opened method; if opening it failed, the same error is raised for every image."""
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
