"""SRResNet and SRGAN, one network with two sets of weights, as upscalers."""

from __future__ import annotations

from srbench.api import BuildRequest, Upscaler
from srbench_models.adapter import as_upscaler, required_weights
from srbench_models.srgan.network import SRResNet
from srbench_models.weights import built, described_arguments, load_weights

__all__ = ["create"]


def create(request: BuildRequest) -> Upscaler:
    """Build the generator in float32; batch normalisation uses its running statistics.

    Raises:
        WeightsError: The card lists no weights for the scale, or they do not fit.
    """
    path = required_weights(request, "srgan")
    network = built(SRResNet, described_arguments(path, request.scale) or {"scale": request.scale}, path.name)
    load_weights(network, path)
    return as_upscaler(network, request.device)
