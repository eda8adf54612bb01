"""Datasets: images, their files and their labels."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

LrSource = Literal["made", "given"]
"""Origin of LR images: `made` from HR by the protocol, or `given` as files of the dataset."""


@dataclass(frozen=True)
class Sample:
    """One image of a dataset.

    Attributes:
        id: Stem of the HR file's name, unique in the dataset.
        lr: Ready-made LR files of the dataset by scale; may be empty.
    """

    id: str
    hr: Path
    lr: Mapping[int, Path] = field(default_factory=dict)


Task = Literal["classes", "attributes"]
"""What a classifier predicts: `classes`, one class of several; `attributes`, 1 or 0 for each of several."""


@dataclass(frozen=True)
class Labels:
    """Ground-truth labels of a dataset's images.

    Attributes:
        classes: Names of the classes or attributes.
        values: Labels by image id: for task `classes` a tuple of one class index, for `attributes` of a 1 or 0 each.
    """

    task: Task
    classes: tuple[str, ...]
    values: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Listing:
    """Files that a reader finds below a dataset's folder.

    Attributes:
        samples: Images of the requested split, in the dataset's order.
        companions: Other files of the dataset, such as label lists, which an import copies too.
        labels: Function that reads the samples' labels; None for an unlabelled dataset. Raises DatasetError if the
            labels are malformed or belong to other images.
        passed_over: Names of files beside the images that look like images but are not read, such as `a.gif`.
    """

    samples: tuple[Sample, ...]
    companions: tuple[Path, ...] = ()
    labels: Callable[[], Labels] | None = None
    passed_over: tuple[str, ...] = ()


Reader = Callable[[Path], Listing] | Callable[[Path, str], Listing]
"""Type of a dataset card's `reader`: lists the files below a folder; called with the name of a split, too, if the card
has splits. Raises DatasetError if the files cannot be listed."""


@dataclass(frozen=True)
class Dataset:
    """A named list of image files, not yet decoded.

    Attributes:
        name: Name of the dataset in tables.
        samples: The images, in order; never empty.
        pixels: Expected `pixel_sha256` by image id; empty if the card lists no hashes.
        place: Hash of the path of a user's folder, to distinguish folders of one name; empty for a card's dataset.
        labels: Ground-truth labels; None if there are none or they were not requested.
        passed_over: Names of files beside the images that look like images but are not read, such as `a.gif`.
        other_pixels: Whether images with other pixels than expected fail, or are scored with a warning.
    """

    name: str
    samples: tuple[Sample, ...]
    pixels: Mapping[str, str] = field(default_factory=dict)
    place: str = ""
    labels: Labels | None = None
    passed_over: tuple[str, ...] = ()
    other_pixels: Literal["refuse", "warn"] = "refuse"


TRUTH = "HR"
"""Method name that stands for the ground truth: HR, cut to a multiple of the scale."""
