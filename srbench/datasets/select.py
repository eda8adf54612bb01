"""Which images of a folder or a dataset are meant, and what people say is in them."""

from dataclasses import replace
from pathlib import Path

from srbench.api import Dataset, Labels
from srbench.cards import installed_cards
from srbench.datasets.find import limited, open_dataset
from srbench.datasets.labels import read_attributes, read_label_table
from srbench.errors import RequestError


def selected(
    spec: str, *, split: str = "", limit: int | None = None, ids: str = "", labels: Path | None = None
) -> Dataset:
    """Some of a dataset's images, with labels of exactly these.

    Args:
        spec: A dataset's name or a folder.
        split: Of a dataset that has several.
        limit: At most so many images, always the same ones.
        ids: `FIRST-LAST`, by name, both included; all images if empty.
        labels: A file of labels that may name other images, too; in place of the dataset's own.

    Raises:
        RequestError: No image is left, or a limit is none.
        DatasetError: The dataset is not there, the labels cannot be read, or one of the images has none.
    """
    if limit is not None and limit < 1:
        raise RequestError(f"limit {limit}: take 1 image or more")
    dataset = open_dataset(spec, installed_cards(), split, labelled=labels is None)
    if ids:
        first, dash, last = ids.partition("-")
        samples = tuple(sample for sample in dataset.samples if first <= sample.id <= last)
        if not dash or not samples:
            raise RequestError(f"ids {ids!r}: no image of {spec} lies there; write FIRST-LAST, by name")
        dataset = replace(dataset, samples=samples)
    if limit is not None:
        dataset = limited(dataset, limit)
    known = dataset.labels if labels is None else _read(labels)
    return dataset if known is None else replace(dataset, labels=_of(known, dataset, labels))


def _read(path: Path) -> Labels:
    return read_label_table(path) if path.suffix == ".csv" else read_attributes(path)


def _of(labels: Labels, dataset: Dataset, source: Path | None) -> Labels:
    lacking = [sample.id for sample in dataset.samples if sample.id not in labels.values]
    if lacking:
        raise RequestError(
            f"{source or dataset.name}: no label for {len(lacking)} of {len(dataset.samples)} images "
            f"({', '.join(lacking[:3])} …)"
        )
    return replace(labels, values={sample.id: labels.values[sample.id] for sample in dataset.samples})
