"""Datasets: images, their files and their labels."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

LrSource = Literal["made", "given"]
"""Whether LR is made from HR by the protocol's rule, or read from the dataset's own LR files."""


@dataclass(frozen=True)
class Sample:
    """One image of a dataset.

    Attributes:
        id: Unique in the dataset; the file's stem.
        hr: The high-resolution file.
        lr: Ready-made LR files by scale; may be empty.
    """

    id: str
    hr: Path
    lr: Mapping[int, Path] = field(default_factory=dict)


Task = Literal["classes", "attributes"]
"""What a classifier says of an image: one of several classes, or of each of several attributes whether it is there."""


@dataclass(frozen=True)
class Labels:
    """What people say is in a dataset's images.

    Attributes:
        task: One class an image, or several attributes.
        classes: Names of the classes or attributes.
        values: By image id: the index of its class, alone in a tuple; or 1 or 0 for each attribute.
    """

    task: Task
    classes: tuple[str, ...]
    values: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Listing:
    """What a reader finds below a dataset's folder.

    Attributes:
        samples: The split's images, in the dataset's order.
        companions: Other files that belong to the dataset, such as label lists; an import copies them too.
        labels: Reads those of exactly these images, when something asks for them; None where nobody has labelled them.
            Raises DatasetError where they are malformed, or of other images.
    """

    samples: tuple[Sample, ...]
    companions: tuple[Path, ...] = ()
    labels: Callable[[], Labels] | None = None


Reader = Callable[[Path], Listing] | Callable[[Path, str], Listing]
"""What a dataset card's `reader` names: lists the files below a folder, and raises DatasetError if it cannot. Of a card
with splits it is given the split's name, too."""


@dataclass(frozen=True)
class Dataset:
    """Named images, ready to be decoded.

    Attributes:
        name: As it stands in tables.
        samples: The images, in order; never empty.
        pixels: Expected `pixel_sha256` by image id; empty where the card lists none.
        place: Hash of the folder's path, which tells two folders of one name apart; empty for a card's dataset.
        labels: What people say is in the images; None where nobody did, or nothing asked for it.
    """

    name: str
    samples: tuple[Sample, ...]
    pixels: Mapping[str, str] = field(default_factory=dict)
    place: str = ""
    labels: Labels | None = None


TRUTH = "HR"
"""In place of a method: what results are compared with, cut to a multiple of the scale."""
