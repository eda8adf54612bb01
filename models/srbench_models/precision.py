"""Layers that must run in float32: bfloat16 is too coarse for image samples."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["in_float32"]


def in_float32(layer: nn.Module, x: Tensor) -> Tensor:
    """Apply a layer that reads or writes an image in float32, even under autocast; `x` is float of any precision.

    bfloat16 has 128 values between 0.5 and 1, which would round an image.
    """
    with torch.autocast(x.device.type, enabled=False):
        out: Tensor = layer(x.float())
    return out
