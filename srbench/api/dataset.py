"""Datasets: images, their files and their labels."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

LrSource = Literal["made", "given"]
"""Whether LR images are made from HR by the protocol, or given as the dataset's own files."""


@dataclass(frozen=True)
class Sample:
    """One image of a dataset.

    Attributes:
        id: The file's stem, unique in the dataset.
        lr: The dataset's own LR files by scale; may be empty.
    """

    id: str
    hr: Path
    lr: Mapping[int, Path] = field(default_factory=dict)


Task = Literal["classes", "attributes"]
"""What a classifier predicts: one of several classes, or the presence of each of several attributes."""


@dataclass(frozen=True)
class Labels:
    """Ground-truth labels of a dataset's images.

    Attributes:
        classes: Names of the classes or attributes.
        values: By image id: a tuple of one class index, or of 1 or 0 for each attribute.
    """

    task: Task
    classes: tuple[str, ...]
    values: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Listing:
    """Files that a reader finds below a dataset's folder.

    Attributes:
        samples: The split's images, in the dataset's order.
        companions: Other files of the dataset, such as label lists, which an import copies too.
        labels: Reads the labels of exactly these images; None for an unlabelled dataset. Raises DatasetError if the
            labels are malformed or belong to other images.
    """

    samples: tuple[Sample, ...]
    companions: tuple[Path, ...] = ()
    labels: Callable[[], Labels] | None = None


Reader = Callable[[Path], Listing] | Callable[[Path, str], Listing]
"""Type of a dataset card's `reader`: lists the files below a folder, of the named split if the card has splits. Raises
DatasetError if the files cannot be listed."""


@dataclass(frozen=True)
class Dataset:
    """Named images, ready to be decoded.

    Attributes:
        name: Name in tables.
        samples: The images, in order; never empty.
        pixels: Expected `pixel_sha256` by image id; empty if the card lists no hashes.
        place: Hash of the folder's path, to distinguish folders of the same name; empty for a card's dataset.
        labels: Ground-truth labels; None if there are none or they were not requested.
    """

    name: str
    samples: tuple[Sample, ...]
    pixels: Mapping[str, str] = field(default_factory=dict)
    place: str = ""
    labels: Labels | None = None


TRUTH = "HR"
"""Method name that stands for the ground truth: HR, cut to a multiple of the scale."""
