"""Classifiers of upscaled images, and the predictions a record keeps."""

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
        classes: Names of its classes or attributes, in the order of its scores; empty if unknown.
    """

    task: Task
    classes: tuple[str, ...]

    def __call__(self, images: Tensor, /) -> Tensor:
        """Classify a batch.

        Args:
            images: float32 RGB in [0, 1], (N, 3, H, W), on the classifier's device, of any size.

        Returns:
            float, (N, K): logits of a softmax over the classes, or of one sigmoid per attribute.
        """
        ...


@dataclass(frozen=True)
class ClassifierRequest:
    """What a classifier's factory is called with.

    Attributes:
        weights: The verified weight file; None if the card lists no weights.
        variant: The text after the colon in `timm:resnet50`; empty without one.
    """

    device: str
    weights: Path | None
    variant: str = ""


class ClassifierSpec(Protocol):
    """A requested classifier, not yet loaded."""

    @property
    def name(self) -> str:
        """Name in tables."""
        ...

    def identity(self) -> str:
        """Hash of everything that determines its predictions: code, weights, variant, libraries; 16 digits."""
        ...

    def describe(self) -> dict[str, Any]:
        """Identity, weights and source, as stored in `run.json`."""
        ...

    def build(self, device: str) -> Classifier:
        """Load it.

        Raises:
            SRBenchError: The weights are absent, altered or do not fit, or a required package is not installed.
        """
        ...


ClassifierFactory = Callable[[ClassifierRequest], Classifier]
"""Type of a classifier card's `factory`."""


@dataclass(frozen=True)
class View:
    """A result to classify, and its HR.

    Attributes:
        sr: uint8, (C, H, W); an array, or a tensor on a GPU.
        hr: uint8, (C, H, W); an array of the same size.
        hr_key: Key that identifies the HR image.
        truth: Ground-truth labels by classifier name; classifiers without labels for the image are left out.
    """

    sr: Any
    hr: NDArray[np.uint8]
    hr_key: str
    truth: Mapping[str, tuple[int, ...]]


UNKNOWN = -1
"""Value of an unlabelled attribute."""


@dataclass(frozen=True)
class Prediction:
    """One classifier's predictions on one image, as stored in a record.

    Attributes:
        sr: Prediction on the result: the index of the class, or 1 or 0 for each attribute.
        hr: Prediction on HR, in the same form.
        truth: Ground truth in the same form, `UNKNOWN` for an unlabelled attribute; None without labels.
        kl: Kullback–Leibler divergence of the result's probabilities from HR's, in nats; mean over the attributes.
        near: Whether HR's class is among the result's top five; None for attributes.
    """

    task: Task
    sr: tuple[int, ...]
    hr: tuple[int, ...]
    truth: tuple[int, ...] | None
    kl: float
    near: bool | None

    def describe(self) -> dict[str, Any]:
        """Plain values; attributes become a string of 0, 1 and, if unlabelled, a hyphen."""
        words = {name: _written(self.task, getattr(self, name)) for name in ("sr", "hr", "truth")}
        return asdict(self) | words

    @staticmethod
    def from_description(described: Mapping[str, Any]) -> Prediction:
        """Inverse of `describe`."""
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
    """Time and images a classifier has taken.

    Attributes:
        seconds: Time in its network.
        results: Upscaled images classified.
        hr_images: HR images classified; cached ones are not counted.
    """

    seconds: float = 0.0
    results: int = 0
    hr_images: int = 0

    def __add__(self, other: ClassifierCost) -> ClassifierCost:
        return ClassifierCost(
            self.seconds + other.seconds, self.results + other.results, self.hr_images + other.hr_images
        )


class Panel(Protocol):
    """All classifiers of a run, loaded, with the ground-truth labels."""

    def truth(self, dataset: str, image: str) -> dict[str, tuple[int, ...]]:
        """Ground-truth labels of an image, by name of each classifier that has the same classes."""
        ...

    def look(self, views: Sequence[View]) -> list[dict[str, Prediction]]:
        """Predictions on each result, by classifier name.

        Raises:
            MethodError: A classifier failed.
        """
        ...
