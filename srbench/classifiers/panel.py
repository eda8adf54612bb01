"""All classifiers of a run, and the labels they are held against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from srbench.api import Labels, Prediction, View
from srbench.classifiers.loaded import LoadedClassifier

__all__ = ["ClassifierPanel"]


@dataclass
class ClassifierPanel:
    """All classifiers of a run, and what people say of the images of its datasets.

    Attributes:
        viewers: Built, each with its cost so far.
        labels: By dataset.
    """

    viewers: tuple[LoadedClassifier, ...]
    labels: Mapping[str, Labels | None]

    def __post_init__(self) -> None:
        """Put every dataset's labels in each classifier's own order, once."""
        self._truths = {
            (dataset, viewer.name): viewer.truth(labels)
            for dataset, labels in self.labels.items()
            for viewer in self.viewers
        }

    def truth(self, dataset: str, image: str) -> dict[str, tuple[int, ...]]:
        """What people say of an image, by classifier that knows their words."""
        found = {viewer.name: self._truths[dataset, viewer.name].get(image) for viewer in self.viewers}
        return {name: value for name, value in found.items() if value is not None}

    def cost(self) -> dict[str, dict[str, float]]:
        """By classifier the seconds it took, and how many results and HR images it looked at; without those idle."""
        return {viewer.name: asdict(viewer.cost) for viewer in self.viewers if viewer.cost.results}

    def describe(self) -> dict[str, dict[str, Any]]:
        """By classifier what it says, and by dataset why its labels are not used, or which of them are passed over."""
        known = {dataset: labels for dataset, labels in self.labels.items() if labels is not None}
        return {
            viewer.name: {
                "task": viewer.task,
                "classes": list(viewer.classes),
                "unused_labels": {data: why for data, labels in known.items() if (why := viewer.unused(labels))},
                "passed_over": {data: why for data, labels in known.items() if (why := viewer.passed_over(labels))},
            }
            for viewer in self.viewers
        }

    def look(self, views: Sequence[View]) -> list[dict[str, Prediction]]:
        """What each says of each result.

        Raises:
            MethodError: One failed.
        """
        by_name = {viewer.name: viewer.look(views) for viewer in self.viewers}
        return [{name: several[index] for name, several in by_name.items()} for index in range(len(views))]
