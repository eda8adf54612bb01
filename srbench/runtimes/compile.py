"""torch.compile: kernels fused and generated when a shape is first seen."""

from __future__ import annotations

import torch
from torch import Tensor

from srbench.api import Upscaler
from srbench.runtimes.network import required_network

__all__ = ["through_compile"]


def through_compile(upscaler: Upscaler) -> Upscaler:
    """The upscaler's network, compiled by torch; needs a C++ compiler on a CPU, Triton on a GPU.

    Raises:
        MethodError: It has no network.
    """
    network = torch.compile(required_network(upscaler, "compile"))

    def upscale(lr: Tensor, /) -> Tensor:
        out: Tensor = network(lr.contiguous(memory_format=torch.channels_last))
        return out

    return upscale
