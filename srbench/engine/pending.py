"""Which records are still to be made. Reads only what it is given, so that any engine's driver can use it."""

from collections.abc import Iterator
from dataclasses import dataclass

from srbench.api import Dataset, Sample
from srbench.engine.work import PendingRecord
from srbench.runs import Gallery, Identities, Plan, RecordKey, RecordSink


@dataclass(frozen=True)
class PendingImage:
    """An image and its records that are still to be made.

    Attributes:
        dataset: Whose image.
        sample: The image.
        records: To be made; may be empty.
        finished: How many others are finished and are not made again.
    """

    dataset: Dataset
    sample: Sample
    records: tuple[PendingRecord, ...]
    finished: int


def pending(
    plan: Plan, identities: Identities, sink: RecordSink, gallery: Gallery | None = None
) -> Iterator[PendingImage]:
    """Go through a plan's images; each is looked up in the sink when it is asked for.

    Args:
        plan: The cells.
        identities: What the records depend on.
        sink: Holds finished records.
        gallery: Where each record's image must lie too; None if none are saved.
    """
    for dataset in plan.request.datasets:
        cells = [cell for cell in plan.cells if cell.dataset is dataset]
        for sample in dataset.samples:
            records: list[PendingRecord] = []
            for cell in cells:
                names = cell.method.name, dataset.name, cell.scale, cell.protocol.name, plan.request.lr
                key = RecordKey(*names, sample.id)
                fingerprint = identities.fingerprint(key)
                if not (sink.finished(key, fingerprint) and _is_saved(key, sink, gallery)):
                    records.append(PendingRecord(cell, key, fingerprint))
            yield PendingImage(dataset, sample, tuple(records), len(cells) - len(records))


def _is_saved(key: RecordKey, sink: RecordSink, gallery: Gallery | None) -> bool:
    return gallery is None or sink.saved(key, gallery.result(key), gallery.truth(key))
