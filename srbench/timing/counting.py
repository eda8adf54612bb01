"""Parameters and multiply–adds of an upscaler, counted while it runs."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from srbench.api import Upscaler
from srbench.runtimes.network import network_of

__all__ = ["multiply_adds", "parameters"]


def multiply_adds(upscaler: Upscaler, batch: Tensor) -> int | None:
    """MACs of every convolution and matrix product torch executes for a batch; None where it executes none.

    torch counts two floating-point operations for each.

    Args:
        upscaler: In torch's eager runtime.
        batch: float32, (N, C, h, w).
    """
    counter = FlopCounterMode(display=False)
    with torch.inference_mode(), counter:
        upscaler(batch)
    return int(counter.get_total_flops()) // 2 or None


def parameters(upscaler: Upscaler) -> int | None:
    """Learned numbers of its network, None where it shows none: no buffers, and nothing that alone was never learned.

    What is frozen counts only where all of a network is, which is then a user's way to say that it is not trained now.
    """
    network = network_of(upscaler)
    if network is None:
        return None
    learned = sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad)
    return learned or sum(parameter.numel() for parameter in network.parameters())
