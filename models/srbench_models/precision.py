"""Where half precision would show: samples of an image have more digits than bfloat16."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["in_float32"]


def in_float32(layer: nn.Module, x: Tensor) -> Tensor:
    """Apply a layer in float32 under any autocast: bfloat16 has 256 values between 0.5 and 1, and would round an image.

    Args:
        layer: One that takes an image or gives one.
        x: float, of any precision.
    """
    with torch.autocast(x.device.type, enabled=False):
        out: Tensor = layer(x.float())
    return out
