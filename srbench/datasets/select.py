"""Selection of images from a dataset or a folder, with their labels."""

from dataclasses import replace
from pathlib import Path

from srbench.api import Dataset, Labels
from srbench.cards import installed_cards
from srbench.datasets.find import limited, open_dataset
from srbench.datasets.labels import read_attributes, read_label_table
from srbench.errors import RequestError
from srbench.files import expanded


def selected(
    spec: str, *, split: str = "", limit: int | None = None, ids: str = "", labels: Path | None = None
) -> Dataset:
    """Select images of a dataset, with the labels of exactly these images.

    Args:
        spec: A dataset's name or a folder.
        split: Name of a split; by default the first.
        limit: Largest number of images, chosen reproducibly.
        ids: `FIRST-LAST`, a range of ids in alphabetical order, both included; all images if empty.
        labels: A label file, which may cover other images too; by default the dataset's own labels.

    Raises:
        RequestError: No image is selected, the limit is less than 1, or an image has no label.
        DatasetError: The dataset is not imported, or the labels cannot be read.
    """
    if limit is not None and limit < 1:
        raise RequestError(f"limit {limit} is too small: take 1 image or more")
    dataset = open_dataset(spec, installed_cards(), split, labelled=labels is None)
    if ids:
        first, dash, last = ids.partition("-")
        samples = tuple(sample for sample in dataset.samples if first <= sample.id <= last)
        if not dash or not samples:
            raise RequestError(f"ids {ids!r}: no image of {spec} in this range; write FIRST-LAST, two image ids")
        dataset = replace(dataset, samples=samples)
    if limit is not None:
        dataset = limited(dataset, limit)
    known = dataset.labels if labels is None else _read(expanded(labels))
    return dataset if known is None else replace(dataset, labels=_of(known, dataset, labels))


def _read(path: Path) -> Labels:
    return read_label_table(path) if path.suffix == ".csv" else read_attributes(path)


def _of(labels: Labels, dataset: Dataset, source: Path | None) -> Labels:
    lacking = [sample.id for sample in dataset.samples if sample.id not in labels.values]
    if lacking:
        raise RequestError(
            f"{source or dataset.name}: no label for {len(lacking)} of {len(dataset.samples)} images "
            f"({', '.join(lacking[:3])} …); add them to the label file or select fewer images"
        )
    return replace(labels, values={sample.id: labels.values[sample.id] for sample in dataset.samples})
