"""Classifiers that look at results, and what a record keeps of a prediction."""

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
    """A network that says what is in images, ready on one device.

    Attributes:
        task: What it says.
        classes: Names of its classes or attributes, in the order of its scores; empty where they are not known.
    """

    task: Task
    classes: tuple[str, ...]

    def __call__(self, images: Tensor, /) -> Tensor:
        """Look at a batch.

        Args:
            images: float32 RGB in [0, 1], (N, 3, H, W), on the classifier's device, of any size.

        Returns:
            float, (N, K): logits, of a softmax over classes or of a sigmoid for each attribute.
        """
        ...


@dataclass(frozen=True)
class ClassifierRequest:
    """What a factory is told when it builds a classifier.

    Attributes:
        device: A torch device.
        weights: The verified weight file, or None where the card lists none.
        variant: What follows the colon in `timm:resnet50`; empty without one.
    """

    device: str
    weights: Path | None
    variant: str = ""


class ClassifierSpec(Protocol):
    """A classifier as it was asked for, not yet loaded."""

    @property
    def name(self) -> str:
        """As it stands in tables."""
        ...

    def identity(self) -> str:
        """Hash of everything that decides its predictions: code, weights, variant, libraries; 16 digits."""
        ...

    def describe(self) -> dict[str, Any]:
        """Identity, weights and source, as `run.json` keeps them."""
        ...

    def build(self, device: str) -> Classifier:
        """Load it.

        Raises:
            SRBenchError: Its weights are absent, altered or do not fit, or a package it needs is not installed.
        """
        ...


ClassifierFactory = Callable[[ClassifierRequest], Classifier]
"""What a classifier card's `factory` names."""


@dataclass(frozen=True)
class View:
    """A result to be looked at, and its HR.

    Attributes:
        sr: uint8, (C, H, W), an array, or a tensor on a GPU.
        hr: uint8, (C, H, W), an array of the same size.
        hr_key: What tells the HR image from others.
        truth: By classifier name what people say; without those who have no label.
    """

    sr: Any
    hr: NDArray[np.uint8]
    hr_key: str
    truth: Mapping[str, tuple[int, ...]]


UNKNOWN = -1
"""Of an attribute that nobody has labelled."""


@dataclass(frozen=True)
class Prediction:
    """One image under one classifier, as a record keeps it.

    Attributes:
        task: One class an image, or several attributes.
        sr: What was said of the result: the class, or a 1 or 0 for each attribute.
        hr: The same of HR.
        truth: What people say, `UNKNOWN` of single attributes; None where nobody did.
        kl: Kullback–Leibler divergence of the result's probabilities from HR's, in nats; of attributes the mean of
            each one's.
        near: Whether HR's class is among the five first of the result; None for attributes.
    """

    task: Task
    sr: tuple[int, ...]
    hr: tuple[int, ...]
    truth: tuple[int, ...] | None
    kl: float
    near: bool | None

    def describe(self) -> dict[str, Any]:
        """As plain values; attributes as a word of 0, 1 and, where nobody knows, a hyphen."""
        words = {name: _written(self.task, getattr(self, name)) for name in ("sr", "hr", "truth")}
        return asdict(self) | words

    @staticmethod
    def from_description(described: Mapping[str, Any]) -> Prediction:
        """Read `describe` back."""
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
    """What a classifier has taken.

    Attributes:
        seconds: Of running its network.
        results: Upscaled images it looked at.
        hr_images: HR images it looked at; those it knew before are not counted.
    """

    seconds: float = 0.0
    results: int = 0
    hr_images: int = 0

    def __add__(self, other: ClassifierCost) -> ClassifierCost:
        """Both together."""
        return ClassifierCost(
            self.seconds + other.seconds, self.results + other.results, self.hr_images + other.hr_images
        )


class Panel(Protocol):
    """All classifiers of a run, loaded, and the labels they are held against."""

    def truth(self, dataset: str, image: str) -> dict[str, tuple[int, ...]]:
        """Ground-truth labels of an image, by each classifier that knows their classes."""
        ...

    def look(self, views: Sequence[View]) -> list[dict[str, Prediction]]:
        """Predictions on each result, by classifier.

        Raises:
            MethodError: A classifier failed.
        """
        ...
