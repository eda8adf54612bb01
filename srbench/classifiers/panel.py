"""All classifiers of a run, and the ground truth for their predictions."""

from collections.abc import Mapping, Sequence
from typing import Any

from srbench.api import ClassifierCost, ClassifierSpec, Labels, Prediction, View
from srbench.classifiers.cache import PredictionCache
from srbench.classifiers.labels import passed_over, reordered, unusable
from srbench.classifiers.loaded import LoadedClassifier
from srbench.errors import MethodError, RequestError, WeightsError


class ClassifierPanel:
    """All classifiers of a run, on one device, and every dataset's ground-truth labels in their class orders."""

    def __init__(self, classifiers: Sequence[LoadedClassifier], labels: Mapping[str, Labels | None]) -> None:
        self._classifiers = tuple(classifiers)
        self._labels = {dataset: given for dataset, given in labels.items() if given is not None}
        self._truths = {
            (dataset, one.name): reordered(given, one.task, one.classes)
            for dataset, given in self._labels.items()
            for one in self._classifiers
        }

    def truth(self, dataset: str, image: str) -> dict[str, tuple[int, ...]]:
        """Return the ground-truth labels of an image, by the name of each classifier that predicts their classes."""
        found = {one.name: self._truths.get((dataset, one.name), {}).get(image) for one in self._classifiers}
        return {name: value for name, value in found.items() if value is not None}

    def cost(self) -> dict[str, ClassifierCost]:
        """Return time and number of images by the name of each classifier that was run on any result."""
        return {one.name: one.cost for one in self._classifiers if one.cost.results}

    def describe(self) -> dict[str, dict[str, Any]]:
        """Return by classifier name its task and classes, and the reasons for unused labels, by dataset."""
        return {
            one.name: {
                "task": one.task,
                "classes": one.classes,
                "unused_labels": {
                    name: why for name, given in self._labels.items() if (why := unusable(given, one.task, one.classes))
                },
                "passed_over": {
                    name: why
                    for name, given in self._labels.items()
                    if (why := passed_over(given, one.task, one.classes))
                },
            }
            for one in self._classifiers
        }

    def look(self, views: Sequence[View]) -> list[dict[str, Prediction]]:
        """Run every classifier on each result, and return a mapping from classifier name to prediction for each.

        Raises:
            MethodError: A classifier failed.
        """
        by_name = {one.name: one.look(views) for one in self._classifiers}
        return [{name: each[index] for name, each in by_name.items()} for index in range(len(views))]


def load_panel(
    specs: Sequence[ClassifierSpec], labels: Mapping[str, Labels | None], device: str
) -> ClassifierPanel | None:
    """Load classifiers on a torch device, with labels by dataset name; return None if `specs` is empty.

    Raises:
        RequestError: A classifier cannot be loaded.
    """
    if not specs:
        return None
    cache = PredictionCache()
    try:
        return ClassifierPanel([LoadedClassifier(spec, device, cache) for spec in specs], labels)
    except (WeightsError, MethodError) as error:
        raise RequestError(f"classifier: {error}") from error
