"""SqueezeNet 1.1 as its authors' Caffe release takes images: BGR, 0…255, less the mean of ImageNet."""

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
"""What labels call the classes: their names are in no weight file."""


def build(request: ClassifierRequest) -> Classifier:
    """The network with the user's weights, under torchvision's names of its parameters.

    Raises:
        RequestError: No file was given.
        WeightsError: It does not fit.
    """
    if request.weights is None:
        raise RequestError(
            "squeezenet1_1 comes without weights; add --weights squeezenet1_1=FILE, in Python classifier_weights"
        )
    network = SqueezeNet()
    load_weights(network, request.weights)
    return NetworkClassifier(network, "classes", _NUMBERS, request.device, prepared)


def prepared(images: Tensor) -> Tensor:
    """RGB in [0, 1] to what the network takes, (N, 3, 227, 227)."""
    square = centre_square(images, _SHORT_SIDE, _SIDE) * 255
    return square.flip(1) - torch.tensor(_MEAN_BGR, device=square.device).view(3, 1, 1)
