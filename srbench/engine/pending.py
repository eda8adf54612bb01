"""Records that are still to be made; usable by any engine."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from srbench.api import Dataset, Sample
from srbench.engine.work import PendingRecord
from srbench.runs import Gallery, Identities, Plan, RecordKey, RecordSink


@dataclass(frozen=True)
class PendingImage:
    """An image, its records that are still to be made, and the number of its finished ones.

    Attributes:
        dataset: The image's dataset.
        sample: The image.
        records: Records still to be made; may be empty.
        finished: Number of finished records, which are not made again.
        hr_sha256: sha256 of the HR file when the run began.
        lr_sha256: sha256 of the given LR files when the run began, by scale; empty if LR is made.
    """

    dataset: Dataset
    sample: Sample
    records: tuple[PendingRecord, ...]
    finished: int
    hr_sha256: str
    lr_sha256: Mapping[int, str]


def pending(
    plan: Plan, identities: Identities, sink: RecordSink, gallery: Gallery | None = None
) -> Iterator[PendingImage]:
    """Yield a plan's images one at a time, each with the records that the sink lacks.

    With a gallery, a record is finished only if its images are saved too.
    """
    for dataset in plan.request.datasets:
        cells = [cell for cell in plan.cells if cell.dataset is dataset]
        for sample in dataset.samples:
            records: list[PendingRecord] = []
            for cell in cells:
                names = cell.method.name, dataset.name, cell.scale, cell.protocol.name, plan.request.lr
                key = RecordKey(*names, sample.id)
                fingerprint = identities.fingerprint(key)
                finished = sink.finished(key, fingerprint, identities.metrics)
                if not (finished and _is_saved(key, sink, gallery)):
                    records.append(PendingRecord(cell, key, fingerprint, identities.metrics))
            image = dataset.name, sample.id
            hr, lr = identities.hr_files[image], identities.lr_files.get(image, {})
            yield PendingImage(dataset, sample, tuple(records), len(cells) - len(records), hr, lr)


def _is_saved(key: RecordKey, sink: RecordSink, gallery: Gallery | None) -> bool:
    return gallery is None or sink.saved(key, gallery.result(key), gallery.truth(key))
