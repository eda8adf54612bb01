"""A classifier on a device, run on batches of 8-bit images; its predictions on HR are cached."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from srbench.api import Classifier, ClassifierCost, ClassifierSpec, Prediction, Task, View
from srbench.classifiers.cache import PredictionCache
from srbench.classifiers.prediction import predicted
from srbench.errors import MethodError
from srbench.isolation import isolated
from srbench.parallel import grouped

_PIXELS = 2**21
"""Largest number of pixels in a batch, which bounds its memory; a larger image is classified alone."""

Logits = NDArray[np.float32]


@dataclass
class LoadedClassifier:
    """One classifier, built once, and the cache of its predictions on HR."""

    chosen: ClassifierSpec
    device: str
    cache: PredictionCache
    cost: ClassifierCost = field(default_factory=ClassifierCost)

    def __post_init__(self) -> None:
        """Build the classifier, so that its errors appear before a run begins."""
        self._classifier: Classifier = self.chosen.build(self.device)
        self._identity = f"{self.chosen.identity()} {self.device}"

    @property
    def name(self) -> str:
        """The classifier's name."""
        return self.chosen.name

    def look(self, views: Sequence[View]) -> list[Prediction]:
        """Run the classifier on each upscaled image and its HR, and return the predictions in order.

        Raises:
            MethodError: The classifier failed.
        """
        start = time.perf_counter()
        hr, fresh = self._of_hr(views)
        sr = self._of([view.sr for view in views])
        self.cost += ClassifierCost(time.perf_counter() - start, len(views), fresh)
        return [
            predicted(self.task, logits, hr[view.hr_key], view.truth.get(self.name))
            for view, logits in zip(views, sr, strict=True)
        ]

    @property
    def task(self) -> Task:
        """`classes` if the classifier predicts one class of several, `attributes` if it predicts each of several."""
        return self._classifier.task

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes or attributes that the classifier predicts."""
        return tuple(self._classifier.classes)

    def _of_hr(self, views: Sequence[View]) -> tuple[dict[str, Logits], int]:
        """Logits of HR images by key, and the number of those not cached before."""
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
        self.cache.put({f"{self._identity} {key}": value for key, value in found.items()})
        return known | found, len(found)

    def _of(self, images: Sequence[Any]) -> list[Logits]:
        """Logits of images; images of one size are batched."""
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
        with isolated(MethodError, f"classifier {self.name} raised"):
            with torch.inference_mode():
                logits = self._classifier(batch.float() / 255)
            shape = tuple(logits.shape)
            finite = bool(torch.isfinite(logits).all())
        wanted = (len(images), len(self.classes) or (shape[-1] if shape else 0))
        if shape != wanted or not finite:
            raise MethodError(f"classifier {self.name} returned {shape}, expected {wanted} finite numbers")
        return np.asarray(logits.float().cpu().numpy(), np.float32)
