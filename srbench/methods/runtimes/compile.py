"""torch.compile: fused kernels, generated at the first call with a shape."""

import warnings
from contextlib import nullcontext

import torch
from torch import Tensor

from srbench.api import Upscaler
from srbench.methods.runtimes.network import required_network


def through_compile(upscaler: Upscaler) -> Upscaler:
    """Run an upscaler's network through torch.compile; needs a C++ compiler on a CPU, Triton on a GPU.

    NumPy calls inside the network are not traced, because torch fails on compiled loops.

    Raises:
        MethodError: The upscaler has no network.
    """
    network = torch.compile(required_network(upscaler, "compile"))
    seen: set[torch.Size] = set()

    def upscale(lr: Tensor, /) -> Tensor:
        known = lr.shape in seen
        seen.add(lr.shape)
        # Compiling warns of bypassed caches and of deprecated calls within torch.
        quiet = nullcontext() if known else warnings.catch_warnings(action="ignore")
        with torch._dynamo.config.patch(trace_numpy=False), quiet:
            out: Tensor = network(lr.contiguous(memory_format=torch.channels_last))
        return out

    return upscale
