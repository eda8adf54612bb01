"""Datasets as a run sees them: a card's images under the data folder, or any folder the user names."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from srbench.api import Listing, Reader, Sample
from srbench.cards import DatasetCard
from srbench.errors import DatasetError, NotImportedError, UnknownNameError
from srbench.fingerprint import place_sha256
from srbench.folders import data_home, list_folder, printable_name
from srbench.registry import Entry, Registry, load_target

__all__ = ["Dataset", "checked_listing", "installed_listing", "is_folder_spec", "open_dataset"]


@dataclass(frozen=True)
class Dataset:
    """Named images, ready to be decoded.

    Attributes:
        name: As it stands in tables.
        samples: The images, in order; never empty.
        pixels: Expected `pixel_sha256` by image id; empty where the card lists none.
        place: Hash of the folder's path, which tells two folders of one name apart; empty for a card's dataset.
    """

    name: str
    samples: tuple[Sample, ...]
    pixels: Mapping[str, str] = field(default_factory=dict)
    place: str = ""


def is_folder_spec(spec: str) -> bool:
    """Whether the user means a folder (`./photos`, `/data/x`, `~/x`) and not a dataset's name."""
    return spec.startswith(("~", ".")) or "/" in spec or os.sep in spec


def open_dataset(spec: str, cards: Registry) -> Dataset:
    """Find a dataset's files.

    Args:
        spec: A dataset's name, or a folder of images, which must look like a path: `./photos`.
        cards: Where names are looked up.

    Raises:
        UnknownNameError: No card has this name.
        DatasetError: The dataset was not imported, is incomplete, or the folder holds no images.
    """
    if is_folder_spec(spec):
        folder = Path(spec).expanduser()
        # Marked as a folder: a bare name is for images that were checked against a card.
        name = f"./{printable_name(folder.resolve())}"
        return Dataset(name, list_folder(folder).samples, place=place_sha256(folder))
    if spec not in cards.datasets and Path(spec).is_dir():
        raise UnknownNameError(f"unknown dataset {spec!r}; to use the folder of that name write ./{spec}")
    entry = cards.dataset(spec)
    return Dataset(spec, installed_listing(entry).samples, entry.card.pixels)


def installed_listing(entry: Entry[DatasetCard]) -> Listing:
    """List the files of a card's dataset where it is installed.

    Raises:
        DatasetError: It was not imported, or it does not hold the images its card says.
    """
    card = entry.card
    folder = data_home() / card.folder
    if card.folder and not folder.is_dir():
        raise NotImportedError(
            f"{card.name}: not imported (looked in {folder}); run: srbench datasets import {card.name} DIR, "
            "or set SRBENCH_DATA"
        )
    return checked_listing(entry, folder)


def checked_listing(entry: Entry[DatasetCard], folder: Path) -> Listing:
    """List a folder with a card's reader and compare what is there with what the card says."""
    card = entry.card
    reader: Reader = load_target(card.reader, entry.pack.name)
    listing = reader(folder)
    found = {sample.id for sample in listing.samples}
    if card.pixels and found != card.pixels.keys():
        missing, extra = sorted(card.pixels.keys() - found), sorted(found - card.pixels.keys())
        problem = "; ".join(
            f"{what} {', '.join(ids)}" for what, ids in (("missing", missing), ("unknown", extra)) if ids
        )
        raise DatasetError(f"{card.name}: {folder} does not hold its {card.count} images: {problem}")
    if len(found) != card.count:
        raise DatasetError(f"{card.name}: {folder} holds {len(found)} images, the dataset has {card.count}")
    return listing
