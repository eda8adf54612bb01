"""SqueezeNet 1.1 with the preprocessing of its Caffe release: BGR, 0…255, minus ImageNet's mean."""

from __future__ import annotations

import torch
from torch import Tensor

from srbench.api import Classifier, ClassifierRequest
from srbench.errors import RequestError
from srbench_models.classifiers.adapter import NetworkClassifier, centre_square
from srbench_models.squeezenet import SqueezeNet
from srbench_models.weights import load_weights

__all__ = ["build", "prepared"]

_SHORT_SIDE, _SIDE = 256, 227
_MEAN_BGR = (104.0, 117.0, 123.0)
_NUMBERS = tuple(str(number) for number in range(1000))
"""Class names: indices as text, because weight files hold no names."""


def build(request: ClassifierRequest) -> Classifier:
    """Build the network with the user's weights, whose parameters are named as in torchvision.

    Raises:
        RequestError: The request has no weight file.
        WeightsError: The file does not fit.
    """
    if request.weights is None:
        raise RequestError(
            "squeezenet1_1 comes without weights; add --weights squeezenet1_1=FILE, in Python classifier_weights"
        )
    network = SqueezeNet()
    load_weights(network, request.weights)
    return NetworkClassifier(network, "classes", _NUMBERS, request.device, prepared)


def prepared(images: Tensor) -> Tensor:
    """Convert RGB in [0, 1], (N, 3, H, W), to the network's input, (N, 3, 227, 227)."""
    square = centre_square(images, _SHORT_SIDE, _SIDE) * 255
    return square.flip(1) - torch.tensor(_MEAN_BGR, device=square.device).view(3, 1, 1)
