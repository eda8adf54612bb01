"""torch.compile: kernels fused and generated when a shape is first seen."""

import warnings
from contextlib import nullcontext

import torch
from torch import Tensor

from srbench.api import Upscaler
from srbench.methods.runtimes.network import required_network


def through_compile(upscaler: Upscaler) -> Upscaler:
    """The upscaler's network, compiled by torch; needs a C++ compiler on a CPU, Triton on a GPU.

    What a network computes with NumPy stays NumPy's: torch would trace it, and fails at compiled loops.

    Raises:
        MethodError: It has no network.
    """
    network = torch.compile(required_network(upscaler, "compile"))
    seen: set[torch.Size] = set()

    def upscale(lr: Tensor, /) -> Tensor:
        known = lr.shape in seen
        seen.add(lr.shape)
        # Compiling warns of caches that are passed by, and of calls in torch itself that are out of date.
        quiet = nullcontext() if known else warnings.catch_warnings(action="ignore")
        with torch._dynamo.config.patch(trace_numpy=False), quiet:
            out: Tensor = network(lr.contiguous(memory_format=torch.channels_last))
        return out

    return upscale
