"""Datasets by name, or any folder of images."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from srbench.api import Dataset, Labels, Listing
from srbench.cards import DatasetCard, Entry, Registry, load_target
from srbench.datasets.layout import list_folder
from srbench.errors import DatasetError, NotImportedError, RequestError, UnknownNameError
from srbench.files import data_home, is_folder_spec, place_sha256, printable_name

_SUBSET_SEED = 0


def open_dataset(spec: str, cards: Registry, split: str = "", *, labelled: bool = False) -> Dataset:
    """Find a dataset's files.

    Args:
        spec: A dataset's name, or a folder of images, which must look like a path: `./photos`.
        cards: Where names are looked up.
        split: Of a dataset that has several; its first if not said.
        labelled: Read the labels, too, where there are any.

    Raises:
        UnknownNameError: No card has this name.
        DatasetError: The dataset was not imported, is incomplete, or the folder holds no images.
        RequestError: The dataset has no such split.
    """
    if is_folder_spec(spec):
        if split:
            raise RequestError(f"{spec}: a folder has no split {split!r}; name the folder of that split")
        folder = Path(spec).expanduser()
        # Marked as a folder: a bare name is for images that were checked against a card.
        name = f"./{printable_name(folder.resolve())}"
        listing = list_folder(folder)
        return Dataset(name, listing.samples, place=place_sha256(folder), labels=_labels(listing, wanted=labelled))
    if spec not in cards.datasets and Path(spec).is_dir():
        raise UnknownNameError(f"unknown dataset {spec!r}; to use the folder of that name write ./{spec}")
    entry = cards.dataset(spec)
    listing = installed_listing(entry, split)
    name = spec if split in ("", *list(entry.card.splits)[:1]) else f"{spec}:{split}"
    return Dataset(name, listing.samples, entry.card.pixels, labels=_labels(listing, wanted=labelled))


def _labels(listing: Listing, *, wanted: bool) -> Labels | None:
    return listing.labels() if wanted and listing.labels is not None else None


def limited(dataset: Dataset, count: int) -> Dataset:
    """A dataset's subset of so many images, in their order: the same ones in every run.

    They are those whose ids have the smallest hashes, so that a larger subset holds every smaller one.

    Args:
        dataset: Returned as it is where it has no more images.
        count: 1 or more.
    """
    if len(dataset.samples) <= count:
        return dataset
    ids = [sample.id for sample in dataset.samples]
    chosen = set(sorted(ids, key=lambda name: hashlib.sha256(f"{_SUBSET_SEED}:{name}".encode()).digest())[:count])
    samples = tuple(sample for sample in dataset.samples if sample.id in chosen)
    pixels = {name: value for name, value in dataset.pixels.items() if name in chosen}
    labels = dataset.labels
    if labels is not None:
        labels = replace(labels, values={name: labels.values[name] for name in ids if name in chosen})
    return replace(dataset, name=f"{dataset.name}[{count}]", samples=samples, pixels=pixels, labels=labels)


def installed_listing(entry: Entry[DatasetCard], split: str = "") -> Listing:
    """List the files of a card's dataset where it is installed.

    Raises:
        DatasetError: It was not imported, or it does not hold the images its card says.
    """
    card = entry.card
    folder = data_home() / card.folder
    if card.folder and not folder.is_dir():
        fetch = f"srbench datasets fetch {card.name}, or " if card.archives else ""
        raise NotImportedError(
            f"{card.name}: not imported (looked in {folder}); run: {fetch}srbench datasets import {card.name} DIR, "
            "or set SRBENCH_DATA"
        )
    return checked_listing(entry, folder, split)


def checked_listing(entry: Entry[DatasetCard], folder: Path, split: str = "") -> Listing:
    """List a folder with a card's reader and compare what is there with what the card says.

    Raises:
        RequestError: The dataset has no such split.
        DatasetError: It does not hold the images its card says.
    """
    card = entry.card
    if split and split not in card.splits:
        known = f"; it has {', '.join(card.splits)}" if card.splits else ""
        raise RequestError(f"{card.name} has no split {split!r}{known}")
    reader: Callable[..., Listing] = load_target(card.reader, entry.pack.name)
    chosen = split or next(iter(card.splits), "")
    listing = reader(folder, chosen) if chosen else reader(folder)
    count = card.splits.get(chosen, card.count)
    found = {sample.id for sample in listing.samples}
    if card.pixels and found != card.pixels.keys():
        missing, extra = sorted(card.pixels.keys() - found), sorted(found - card.pixels.keys())
        problem = "; ".join(
            f"{what} {', '.join(ids)}" for what, ids in (("missing", missing), ("unknown", extra)) if ids
        )
        raise DatasetError(f"{card.name}: {folder} does not hold its {count} images: {problem}")
    if len(found) != count:
        raise DatasetError(f"{card.name}: {folder} holds {len(found)} images, the dataset has {count}")
    return listing


def find_datasets(
    specs: Sequence[str], cards: Registry, split: str, limit: int | None, *, labelled: bool
) -> tuple[Dataset, ...]:
    """Datasets, the split of those that have several, and no more images of each than the limit."""
    if limit is not None and (not isinstance(limit, int) or limit < 1):
        raise RequestError(f"limit {limit!r}: take 1 image or more of each dataset")
    several = [spec for spec in specs if spec in cards.datasets and cards.dataset(spec).card.splits]
    if split and not several:
        raise RequestError(f"split {split!r}: none of {', '.join(specs)} has several; leave out --split")
    opened = (open_dataset(spec, cards, split if spec in several else "", labelled=labelled) for spec in specs)
    return tuple(dataset if limit is None else limited(dataset, limit) for dataset in opened)
