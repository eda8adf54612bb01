"""The attribute network as a classifier."""

from __future__ import annotations

import json

from safetensors import safe_open

from srbench.api import Classifier, ClassifierRequest
from srbench.errors import WeightsError
from srbench_models.classifiers.adapter import NetworkClassifier
from srbench_models.classifiers.attributes.network import AttributeNetwork
from srbench_models.weights import load_weights

__all__ = ["build"]


def build(request: ClassifierRequest) -> Classifier:
    """Build the network of a file written by `srbench train`, whose metadata holds attributes and channels.

    Raises:
        WeightsError: The request has no weight file, or the file is of another network.
    """
    if request.weights is None:
        raise WeightsError("celeba-attributes has no weights; add [classifier.weights] to its card")
    with safe_open(request.weights, framework="pt") as file:
        metadata = file.metadata() or {}
    try:
        classes, described = tuple(metadata["classes"].split()), json.loads(metadata["recipe"])["classifier"]
        network = AttributeNetwork(len(classes), described["channels"], described["dropout"])
    except (KeyError, TypeError, ValueError) as error:
        raise WeightsError(f"{request.weights.name}: lacks the metadata of an attribute network ({error})") from error
    load_weights(network, request.weights)
    return NetworkClassifier(network.folded(), "attributes", classes, request.device)
