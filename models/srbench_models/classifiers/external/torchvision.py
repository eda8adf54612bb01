"""Any ImageNet classifier of torchvision, with its default weights and their own preparation of images."""

from __future__ import annotations

from srbench.api import Classifier, ClassifierRequest
from srbench.errors import RequestError, one_line
from srbench_models.classifiers.adapter import NetworkClassifier
from srbench_models.classifiers.external.libraries import loaded

__all__ = ["build"]


def build(request: ClassifierRequest) -> Classifier:
    """The model of this name; torchvision fetches its weights on first use.

    Raises:
        RuntimeMissingError: torchvision is not there, or does not fit torch.
        RequestError: It has no such classifier.
    """
    models = loaded("torchvision.models", "torchvision")
    try:
        weights = models.get_model_weights(request.variant).DEFAULT
    except (ValueError, AttributeError) as error:
        raise RequestError(f"torchvision has no classifier {request.variant!r} ({one_line(error)})") from error
    classes = tuple(weights.meta.get("categories", ()))
    network = models.get_model(request.variant, weights=weights)
    return NetworkClassifier(network, "classes", classes, request.device, weights.transforms())
