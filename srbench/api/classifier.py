"""Classifiers of upscaled images, and the predictions stored in the record of each image."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from srbench.api.dataset import Task

if TYPE_CHECKING:
    from torch import Tensor


class Classifier(Protocol):
    """A classification network, loaded on one device.

    Attributes:
        classes: Names of the classes or attributes the network predicts, in the order of its outputs; empty if unknown.
    """

    task: Task
    classes: tuple[str, ...]

    def __call__(self, images: Tensor, /) -> Tensor:
        """Classify a batch.

        Args:
            images: float32 RGB in [0, 1], (N, 3, H, W), on the classifier's device, of any size.

        Returns:
            float, (N, K): logits of a softmax for task `classes`, of one sigmoid per attribute for `attributes`.
        """
        ...


@dataclass(frozen=True)
class ClassifierRequest:
    """Argument of a classifier's factory.

    Attributes:
        weights: The verified weight file; None if the card lists no weights.
        variant: Text after the colon in a name such as `timm:resnet50`; empty for a name without a colon.
    """

    device: str
    weights: Path | None
    variant: str = ""


class ClassifierSpec(Protocol):
    """A requested classifier, not yet loaded."""

    @property
    def name(self) -> str:
        """Name of the classifier in tables."""
        ...

    def identity(self) -> str:
        """Return a hash, 16 hex digits, of all that determines predictions: code, weights, variant, libraries."""
        ...

    def describe(self) -> dict[str, Any]:
        """Return a dict of the classifier's identity, weights and source, as stored in `run.json`."""
        ...

    def build(self, device: str) -> Classifier:
        """Load the classifier on a torch device.

        Raises:
            SRBenchError: The weights are absent, altered or do not fit, or a required package is not installed.
        """
        ...


ClassifierFactory = Callable[[ClassifierRequest], Classifier]
"""Type of a classifier card's `factory`: takes a ClassifierRequest, returns the loaded Classifier."""


@dataclass(frozen=True)
class View:
    """An upscaled image to classify, with its HR image and labels.

    Attributes:
        sr: Upscaled image: uint8, (C, H, W); a NumPy array on the CPU, a tensor on a GPU.
        hr: Ground truth: uint8, (C, H, W), of the same size.
        hr_key: Key of the HR image in the cache of predictions.
        truth: Ground-truth labels by classifier name; classifiers without labels for the image are left out.
    """

    sr: Any
    hr: NDArray[np.uint8]
    hr_key: str
    truth: Mapping[str, tuple[int, ...]]


UNKNOWN = -1
"""Value, in a tuple of 1 and 0, of an attribute whose label is unknown."""


@dataclass(frozen=True)
class Prediction:
    """One classifier's predictions on one image, as stored in a record.

    Attributes:
        sr: Prediction on the upscaled image: for task `classes` one class index, for `attributes` 1 or 0 for each.
        hr: Prediction on HR, in the same form.
        truth: Ground truth in the same form, `UNKNOWN` for an unlabelled attribute; None without labels.
        kl: Kullback–Leibler divergence, in nats, of the probabilities on SR from those on HR; mean over attributes.
        near: Whether the class predicted on HR is among the five most probable on SR; None for attributes.
    """

    task: Task
    sr: tuple[int, ...]
    hr: tuple[int, ...]
    truth: tuple[int, ...] | None
    kl: float
    near: bool | None

    def describe(self) -> dict[str, Any]:
        """Return a dict of JSON values; attributes become a string of 0, 1 and, if unlabelled, a hyphen."""
        words = {name: _written(self.task, getattr(self, name)) for name in ("sr", "hr", "truth")}
        return asdict(self) | words

    @staticmethod
    def from_description(described: Mapping[str, Any]) -> Prediction:
        """Make a prediction from the dict that `describe` returned."""
        task: Task = described["task"]
        words = {name: _read(task, described[name]) for name in ("sr", "hr", "truth")}
        return Prediction(**({**described} | words))


def _written(task: Task, value: tuple[int, ...] | None) -> str | int | None:
    if value is None:
        return None
    return "".join("-" if bit == UNKNOWN else str(bit) for bit in value) if task == "attributes" else value[0]


def _read(task: Task, value: Any) -> tuple[int, ...] | None:
    if value is None:
        return None
    return tuple(UNKNOWN if bit == "-" else int(bit) for bit in value) if task == "attributes" else (int(value),)


@dataclass(frozen=True)
class ClassifierCost:
    """Time a classifier has taken, and number of images it has classified.

    Attributes:
        seconds: Time in the classifier's network, in seconds.
        results: Number of upscaled images classified.
        hr_images: Number of HR images classified, without those whose predictions were cached.
    """

    seconds: float = 0.0
    results: int = 0
    hr_images: int = 0

    def __add__(self, other: ClassifierCost) -> ClassifierCost:
        return ClassifierCost(
            self.seconds + other.seconds, self.results + other.results, self.hr_images + other.hr_images
        )


class Panel(Protocol):
    """All classifiers of a run, loaded, with the ground-truth labels of the images."""

    def truth(self, dataset: str, image: str) -> dict[str, tuple[int, ...]]:
        """Return an image's ground-truth labels by classifier name, for classifiers with the classes of the labels."""
        ...

    def look(self, views: Sequence[View]) -> list[dict[str, Prediction]]:
        """Classify upscaled images and their HR; return for each view its predictions by classifier name.

        Raises:
            MethodError: A classifier failed.
        """
        ...
