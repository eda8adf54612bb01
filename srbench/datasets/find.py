"""Finding datasets by name, or as a folder of images."""

import hashlib
from collections.abc import Callable, Sequence, Set
from dataclasses import replace
from pathlib import Path

from srbench.api import Dataset, Labels, Listing
from srbench.cards import DatasetCard, Entry, Registry, load_target
from srbench.datasets.layout import list_folder
from srbench.errors import DatasetError, NotImportedError, RequestError, UnknownNameError, suggest
from srbench.files import combine, data_home, expanded, is_folder_spec, place_sha256, printable_name, reading_folder
from srbench.isolation import isolated

_SUBSET_SEED = 0

_MOST_NAMED = 3
"""Largest number of chosen images that stand in a dataset's name."""


def open_dataset(spec: str, cards: Registry, split: str = "", *, labelled: bool = False) -> Dataset:
    """List the files of a dataset, or of a folder of images.

    Args:
        spec: A dataset's name, or a folder of images, written as a path: `./photos`.
        cards: Registry that holds the cards of all known datasets.
        split: Name of a split; by default the first.
        labelled: Whether to read the labels, if any.

    Raises:
        UnknownNameError: No card has this name.
        DatasetError: The dataset is not imported or incomplete, or the folder holds no images.
        RequestError: The dataset has no such split.
    """
    if is_folder_spec(spec):
        if split:
            raise RequestError(f"{spec}: a folder has no split {split!r}; name the folder of that split")
        folder = expanded(spec)
        # The prefix marks a folder; a bare name means images verified against a card.
        name = f"./{printable_name(folder.resolve())}"
        listing = list_folder(folder)
        labels = _labels(listing, wanted=labelled)
        place = place_sha256(folder)
        return Dataset(name, listing.samples, place=place, labels=labels, passed_over=listing.passed_over)
    try:
        entry = cards.dataset(spec)
    except UnknownNameError:
        if expanded(spec).is_dir():
            raise UnknownNameError(f"unknown dataset {spec!r}; to use the folder of that name write ./{spec}") from None
        raise
    listing = installed_listing(entry, split)
    name = spec if split in ("", *list(entry.card.splits)[:1]) else f"{spec}:{split}"
    labels = _labels(listing, wanted=labelled)
    found = Dataset(name, listing.samples, entry.card.pixels, labels=labels, passed_over=listing.passed_over)
    return replace(found, other_pixels=entry.card.other_pixels)


def _labels(listing: Listing, *, wanted: bool) -> Labels | None:
    return listing.labels() if wanted and listing.labels is not None else None


def limited(dataset: Dataset, count: int) -> Dataset:
    """Return a reproducible subset of `count` images, 1 or more, in order; all images if there are fewer.

    The subset holds the ids with the smallest hashes, so that a larger subset contains every smaller one.
    """
    if len(dataset.samples) <= count:
        return dataset
    ids = [sample.id for sample in dataset.samples]
    chosen = sorted(ids, key=lambda name: hashlib.sha256(f"{_SUBSET_SEED}:{name}".encode()).digest())[:count]
    return _subset(dataset, set(chosen), str(count))


def _subset(dataset: Dataset, chosen: Set[str], label: str) -> Dataset:
    """The images of the given ids, in the dataset's order, under the dataset's name with a label in brackets."""
    samples = tuple(sample for sample in dataset.samples if sample.id in chosen)
    pixels = {name: value for name, value in dataset.pixels.items() if name in chosen}
    labels = dataset.labels
    if labels is not None:
        labels = replace(labels, values={one.id: labels.values[one.id] for one in samples})
    return replace(dataset, name=f"{dataset.name}[{label}]", samples=samples, pixels=pixels, labels=labels)


def chosen_images(datasets: Sequence[Dataset], images: Sequence[str]) -> tuple[Dataset, ...]:
    """Return the given images of datasets.

    Args:
        datasets: At least one.
        images: Image ids, or `dataset/id`; each must be in a dataset, and each dataset must have one of them.

    Raises:
        RequestError: An id is in no dataset, or a dataset has none of them.
    """
    found: dict[str, set[str]] = {dataset.name: set() for dataset in datasets}
    for image in images:
        fitting = [
            (dataset.name, sample.id)
            for dataset in datasets
            for sample in dataset.samples
            if image in (sample.id, f"{dataset.name}/{sample.id}")
        ]
        if not fitting:
            known = [sample.id for dataset in datasets for sample in dataset.samples]
            raise RequestError(f"image {image!r}: not in {', '.join(found)}{suggest(image, known)}")
        for name, wanted in fitting:
            found[name].add(wanted)
    for name, ids in found.items():
        if not ids:
            raise RequestError(f"{name}: has none of the images {', '.join(images[:3])}; leave out the dataset")
    return tuple(_subset(dataset, found[dataset.name], _label(found[dataset.name])) for dataset in datasets)


def _label(ids: Set[str]) -> str:
    """The ids, if they are few, else their number and a hash, which tells them from others."""
    several = f"{len(ids)} chosen {combine(ids=sorted(ids))[:6]}"
    return "+".join(sorted(ids)) if len(ids) <= _MOST_NAMED else several


def installed_listing(entry: Entry[DatasetCard], split: str = "") -> Listing:
    """List the files of an installed dataset.

    Raises:
        DatasetError: The dataset is not imported, or its images are not those of its card.
    """
    card = entry.card
    folder = data_home() / card.folder if card.folder else Path()
    with reading_folder(folder):
        is_there = not card.folder or folder.is_dir()
    if not is_there:
        fetch = f"srbench datasets fetch {card.name}, or " if card.archives else ""
        raise NotImportedError(
            f"{card.name}: not imported (looked in {folder}); run: {fetch}srbench datasets import {card.name} DIR, "
            "or set SRBENCH_DATA"
        )
    return checked_listing(entry, folder, split)


def checked_listing(entry: Entry[DatasetCard], folder: Path, split: str = "") -> Listing:
    """List a folder with a card's reader and check the image ids against the card.

    Raises:
        RequestError: The dataset has no such split.
        CardError: The card's reader cannot be imported.
        DatasetError: The folder does not hold the card's images, or the reader raised something.
    """
    card = entry.card
    if split and split not in card.splits:
        known = f"; it has {', '.join(card.splits)}" if card.splits else ""
        raise RequestError(f"{card.name} has no split {split!r}{known}")
    reader: Callable[..., Listing] = load_target(card.reader, entry.pack.name)
    chosen = split or next(iter(card.splits), "")
    with isolated(DatasetError, f"{card.name}: its reader raised"), reading_folder(folder):
        listing = reader(folder, chosen) if chosen else reader(folder)
    count = card.splits.get(chosen, card.count)
    found = {sample.id for sample in listing.samples}
    if card.pixels and found != card.pixels.keys():
        missing, extra = sorted(card.pixels.keys() - found), sorted(found - card.pixels.keys())
        problem = "; ".join(
            f"{what} {', '.join(ids)}" for what, ids in (("missing", missing), ("unknown", extra)) if ids
        )
        raise DatasetError(f"{card.name}: {folder} does not hold all {count} images: {problem}")
    if len(found) != count:
        raise DatasetError(f"{card.name}: {folder} holds {len(found)} images, the dataset has {count}; import it anew")
    return listing


def find_datasets(
    specs: Sequence[str],
    cards: Registry,
    split: str,
    limit: int | None,
    *,
    labelled: bool,
    images: Sequence[str] = (),
) -> tuple[Dataset, ...]:
    """Open datasets.

    Args:
        specs: Names or folders.
        cards: Registry that holds the cards of all known datasets.
        split: Name of a split, for datasets with splits.
        limit: Largest number of images of one dataset, the same ones in each call; None for all.
        labelled: Whether to read labels.
        images: Ids of the images to take; all if empty. See `chosen_images`.

    Raises:
        RequestError: The limit is less than 1, no requested dataset has the split, or the images are not there.
        DatasetError: A dataset is not imported or incomplete, or a folder holds no images.
    """
    if limit is not None and (not isinstance(limit, int) or limit < 1):
        raise RequestError(f"limit {limit!r}: expected a whole number, 1 image or more per dataset")
    several = [spec for spec in specs if spec in cards.datasets and cards.dataset(spec).card.splits]
    if split and not several:
        raise RequestError(f"split {split!r}: none of {', '.join(specs)} has splits; leave out --split")
    opened = tuple(open_dataset(spec, cards, split if spec in several else "", labelled=labelled) for spec in specs)
    if images:
        opened = chosen_images(opened, images)
    return tuple(dataset if limit is None else limited(dataset, limit) for dataset in opened)
