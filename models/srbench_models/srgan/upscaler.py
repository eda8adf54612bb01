"""SRResNet and SRGAN, one network with two sets of weights, behind srbench's upscaler contract."""

from __future__ import annotations

from srbench.api import BuildRequest, Upscaler
from srbench_models.adapter import as_upscaler, required_weights
from srbench_models.srgan.network import SRResNet
from srbench_models.weights import load_weights

__all__ = ["create"]


def create(request: BuildRequest) -> Upscaler:
    """The generator in float32, with its running batch statistics.

    Raises:
        WeightsError: The card lists no weights for the scale, or they do not fit.
    """
    network = SRResNet(request.scale)
    load_weights(network, required_weights(request, "srgan"))
    return as_upscaler(network, request.device)
