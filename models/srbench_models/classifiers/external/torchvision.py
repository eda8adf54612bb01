"""Any ImageNet classifier of torchvision, with its default weights and their preprocessing."""

from __future__ import annotations

from srbench.api import Classifier, ClassifierRequest
from srbench.errors import RequestError, one_line
from srbench_models.classifiers.adapter import NetworkClassifier
from srbench_models.libraries import loaded

__all__ = ["build"]


def build(request: ClassifierRequest) -> Classifier:
    """Build the model named by the variant; torchvision downloads its weights on first use.

    Raises:
        RuntimeMissingError: torchvision is not installed, or does not fit torch.
        RequestError: torchvision has no such classifier.
    """
    models = loaded("torchvision.models", "torchvision")
    try:
        weights = models.get_model_weights(request.variant).DEFAULT
    except (ValueError, AttributeError) as error:
        raise RequestError(f"torchvision has no classifier {request.variant!r} ({one_line(error)})") from error
    classes = tuple(weights.meta.get("categories", ()))
    network = models.get_model(request.variant, weights=weights)
    return NetworkClassifier(network, "classes", classes, request.device, weights.transforms())
