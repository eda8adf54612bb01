"""Precision of torch's convolutions and matrix products during a call."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from srbench.api import Inference, Upscaler
from srbench.isolation import products, set_products

_OF_CPU = 3
"""Number of precision switches of the CPU, which come before those of the GPU."""


def in_precision(upscaler: Upscaler, inference: Inference) -> Upscaler:
    """Return an upscaler that runs in a precision and returns float32; torch's settings are restored after a call."""
    kind = torch.device(inference.device).type
    match inference.precision:
        case "fp32" if kind == "cpu":
            return upscaler
        case "fp32" | "tf32":

            def switched(lr: Tensor, /) -> Tensor:
                with tf32(allowed=inference.precision == "tf32"):
                    return upscaler(lr)

            return switched
        case "bf16":

            def halved(lr: Tensor, /) -> Tensor:
                with tf32(allowed=False), torch.autocast(kind, torch.bfloat16):
                    return upscaler(lr).float()

            return halved


@contextmanager
def tf32(*, allowed: bool) -> Iterator[None]:
    """Set whether a GPU may round the inputs of float32 products to 10 mantissa bits, within the block."""
    before = products(torch)
    if allowed:
        set_products(torch, "high", True, before[2][:_OF_CPU] + ("tf32",) * (len(before[2]) - _OF_CPU))
    else:
        set_products(torch)
    try:
        yield
    finally:
        set_products(torch, *before)
