"""Classifiers at work in a run: batches of 8-bit images, HR once."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from srbench.api import UNKNOWN, Classifier, ClassifierSpec, Labels, Prediction, Task, View
from srbench.classifiers.cache import PredictionCache
from srbench.classifiers.prediction import predicted
from srbench.errors import MethodError, one_line
from srbench.parallel import grouped

__all__ = ["LoadedClassifier"]

_PIXELS = 2**21
"""Of a batch, which bound its memory; a larger image goes alone."""

Logits = NDArray[np.float32]


@dataclass
class Cost:
    """What a classifier has taken so far: seconds, and images looked at."""

    seconds: float = 0.0
    results: int = 0
    hr_images: int = 0


@dataclass
class LoadedClassifier:
    """One classifier, built once, and its predictions on HR."""

    chosen: ClassifierSpec
    device: str
    cache: PredictionCache
    cost: Cost = field(default_factory=Cost)

    def __post_init__(self) -> None:
        """Build it, so that what is wrong with it is known before a run begins."""
        self._classifier: Classifier = self.chosen.build(self.device)
        self._identity = f"{self.chosen.identity()} {self.device}"

    @property
    def name(self) -> str:
        """Of the classifier."""
        return self.chosen.name

    def look(self, views: Sequence[View]) -> list[Prediction]:
        """What it says of each result.

        Raises:
            MethodError: It failed.
        """
        start = time.perf_counter()
        hr = self._of_hr(views)
        sr = self._of([view.sr for view in views])
        self.cost.seconds += time.perf_counter() - start
        self.cost.results += len(views)
        return [
            predicted(self.task, logits, hr[view.hr_key], view.truth.get(self.name))
            for view, logits in zip(views, sr, strict=True)
        ]

    def truth(self, labels: Labels | None) -> dict[str, tuple[int, ...]]:
        """By image id what people say, in the order of the classifier's own classes; empty where theirs are others."""
        if labels is None or self.unused(labels):
            return {}
        said, known = labels.classes, self.classes
        if labels.task == "classes":
            return {image: (known.index(said[value[0]]),) for image, value in labels.values.items()}
        order = [said.index(name) if said.count(name) == 1 else None for name in known]
        return {
            image: tuple(UNKNOWN if index is None else value[index] for index in order)
            for image, value in labels.values.items()
        }

    def unused(self, labels: Labels) -> str:
        """Why labels cannot be held against what it says; empty where they can."""
        if labels.task != self.task:
            return f"it names {self.task}, the labels are {labels.task}"
        if not self.classes:
            return "it does not say what its classes are called"
        unknown = self._unknown(labels)
        if unknown and (labels.task == "classes" or len(unknown) == len(labels.classes)):
            return f"it does not know {_listed(unknown)}"
        return ""

    def passed_over(self, labels: Labels) -> str:
        """Which attributes of labels that are used are not; empty where all are."""
        unknown = [] if self.unused(labels) else self._unknown(labels)
        return (
            f"it does not know {_listed(unknown)}; the other {len(labels.classes) - len(unknown)} are used"
            if unknown
            else ""
        )

    def _unknown(self, labels: Labels) -> list[str]:
        return [name for name in labels.classes if self.classes.count(name) != 1]

    @property
    def task(self) -> Task:
        """What it says of an image."""
        return self._classifier.task

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of its classes or attributes."""
        return tuple(self._classifier.classes)

    def _of_hr(self, views: Sequence[View]) -> dict[str, Logits]:
        known: dict[str, Logits] = {}
        fresh: dict[str, NDArray[np.uint8]] = {}
        for view in views:
            if view.hr_key in known or view.hr_key in fresh:
                continue
            kept = self.cache.get(f"{self._identity} {view.hr_key}")
            if kept is None:
                fresh[view.hr_key] = view.hr
            else:
                known[view.hr_key] = kept
        found = dict(zip(fresh, self._of(list(fresh.values())), strict=True))
        self.cost.hr_images += len(found)
        self.cache.put({f"{self._identity} {key}": value for key, value in found.items()})
        return known | found

    def _of(self, images: Sequence[Any]) -> list[Logits]:
        """Logits of images, those of one size in batches."""
        found: dict[int, Logits] = {}
        for shape, same in grouped(list(enumerate(images)), lambda item: tuple(item[1].shape)):
            count = max(1, _PIXELS // int(shape[-1] * shape[-2]))
            for start in range(0, len(same), count):
                part = same[start : start + count]
                logits = self._call([image for _, image in part])
                found |= {index: row for (index, _), row in zip(part, logits, strict=True)}
        return [found[index] for index in range(len(images))]

    def _call(self, images: Sequence[Any]) -> Logits:
        import torch  # here, because planning and listing must not import torch

        batch = torch.stack([torch.as_tensor(image).to(self.device) for image in images])
        if batch.shape[1] == 1:
            batch = batch.expand(-1, 3, -1, -1)
        try:
            with torch.inference_mode():
                logits = self._classifier(batch.float() / 255)
            shape = tuple(logits.shape)
            finite = bool(torch.isfinite(logits).all())
        except Exception as error:  # a classifier is anyone's code
            raise MethodError(f"classifier {self.name} raised {one_line(error)}") from error
        wanted = (len(images), len(self.classes) or (shape[-1] if shape else 0))
        if shape != wanted or not finite:
            raise MethodError(f"classifier {self.name} returned {shape}, expected {wanted} finite numbers")
        return np.asarray(logits.float().cpu().numpy(), np.float32)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
