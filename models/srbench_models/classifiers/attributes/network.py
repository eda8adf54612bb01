"""A small residual network that predicts attributes of faces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import fuse_conv_bn_eval

__all__ = ["AttributeNetwork", "resized"]

WIDTH = 88
"""Width in pixels that images are resized to; the aspect ratio is kept."""


class _Unit(nn.Module):
    """Residual unit; when it halves the image, its shortcut is an average pooling and a 1×1 convolution."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        halved = inputs != outputs
        self.first: nn.Module = nn.Conv2d(inputs, outputs, 3, stride=2 if halved else 1, padding=1, bias=False)
        self.first_norm: nn.Module = nn.BatchNorm2d(outputs)
        self.second: nn.Module = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.second_norm: nn.Module = nn.BatchNorm2d(outputs)
        self.beside: nn.Module = nn.Identity()
        if halved:
            self.beside = nn.Sequential(
                nn.AvgPool2d(2, ceil_mode=True), nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x: Tensor) -> Tensor:
        inner = torch.relu(self.first_norm(self.first(x)))
        return torch.relu(self.second_norm(self.second(inner)) + self.beside(x))


class AttributeNetwork(nn.Module):
    """RGB in [0, 1], (N, 3, H, W), any size, to (N, attributes) logits."""

    def __init__(self, attributes: int = 40, channels: Sequence[int] = (16, 32, 64, 96), dropout: float = 0.2) -> None:
        """Build the network with random weights.

        Args:
            attributes: Number of attributes.
            channels: Channels of each stage; a stage halves the image if its number differs from the one before.
            dropout: Dropout rate of the last features.
        """
        super().__init__()
        stem = channels[0]
        self.stem = nn.Sequential(
            nn.Conv2d(3, stem, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(stem), nn.ReLU()
        )
        stages = zip((stem, *channels[:-1]), channels, strict=True)
        self.body = nn.Sequential(*(_Unit(inputs, outputs) for inputs, outputs in stages))
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(channels[-1], attributes)

    def folded(self) -> AttributeNetwork:
        """Fold each batch normalisation into the convolution before it, in place; outputs stay the same."""
        self.eval()
        for module in list(self.modules()):
            if isinstance(module, _Unit):
                module.first, module.first_norm = _fused(module.first, module.first_norm), nn.Identity()
                module.second, module.second_norm = _fused(module.second, module.second_norm), nn.Identity()
            elif isinstance(module, nn.Sequential) and isinstance(module[-1], nn.BatchNorm2d):
                module[-2], module[-1] = _fused(module[-2], module[-1]), nn.Identity()
        self.stem[0], self.stem[1] = _fused(self.stem[0], self.stem[1]), nn.Identity()
        return self

    def forward(self, x: Tensor) -> Tensor:
        """Compute the logits of a batch."""
        out: Tensor = self.head(self.dropout(self.body(self.stem(resized(x) - 0.5)).mean((2, 3))))
        return out


def _fused(convolution: nn.Module, norm: nn.Module) -> nn.Module:
    return fuse_conv_bn_eval(cast(nn.Conv2d, convolution), cast(nn.BatchNorm2d, norm))


def resized(x: Tensor, width: int = WIDTH) -> Tensor:
    """Resize (N, C, H, W) to a width in pixels, keeping the aspect ratio, with antialiasing."""
    height = max(1, round(x.shape[2] * width / x.shape[3]))
    if x.shape[2:] == (height, width):
        return x
    out: Tensor = functional.interpolate(x, (height, width), mode="bilinear", align_corners=False, antialias=True)
    return out
