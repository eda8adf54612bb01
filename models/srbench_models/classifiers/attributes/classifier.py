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
    """The network of a file that `srbench train` wrote: its attributes and channels are in the file's metadata.

    Raises:
        WeightsError: There is no file, or it is another's.
    """
    if request.weights is None:
        raise WeightsError("celeba-attributes has no weights; add [classifier.weights] to its card")
    with safe_open(request.weights, framework="pt") as file:
        metadata = file.metadata() or {}
    try:
        classes, described = tuple(metadata["classes"].split()), json.loads(metadata["recipe"])["classifier"]
        network = AttributeNetwork(len(classes), described["channels"], described["dropout"])
    except (KeyError, TypeError, ValueError) as error:
        raise WeightsError(f"{request.weights.name}: does not say what it was trained for ({error})") from error
    load_weights(network, request.weights)
    return NetworkClassifier(network.folded(), "attributes", classes, request.device)
