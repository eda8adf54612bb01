"""The EnhanceNet generator.

Source: M. Sajjadi et al., "EnhanceNet: Single Image Super-Resolution Through Automated Texture Synthesis", ICCV 2017,
arXiv:1612.07919, table 1.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from srbench_models.enlarge import Bicubic, BicubicRule

__all__ = ["EnhanceNet"]

# RGB mean in [0, 1] subtracted by the authors' released network.
_RGB_MEAN = (0.47614917, 0.45001204, 0.40904046)


def _conv(inputs: int, outputs: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, kernel_size=3, padding=1)


class ResidualBlock(nn.Module):
    """Convolution, ReLU, convolution, added to the input."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.body = nn.Sequential(_conv(features, features), nn.ReLU(inplace=True), _conv(features, features))

    def forward(self, x: Tensor) -> Tensor:
        """(N, features, h, w) to the same shape."""
        branch: Tensor = self.body(x)
        return x + branch


class EnhanceNet(nn.Module):
    """Ten residual blocks and two nearest-neighbour doublings, added to a bicubic enlargement.

    Shapes: (N, 3, h, w) RGB in [0, 1] to (N, 3, 4h, 4w), same range, not clipped; any h, w ≥ 1. Convolutions are in the
    order of the released checkpoint.
    """

    mean: Tensor

    def __init__(self, scale: int = 4, blocks: int = 10, features: int = 64, skip: BicubicRule = "matlab") -> None:
        """Build the network with random weights, close to plain bicubic.

        Args:
            scale: 4, or 2 with a single doubling.
            blocks: Residual blocks.
            features: Channels.
            skip: Rule of the bicubic enlargement; the released weights need `tensorflow`.
        """
        super().__init__()
        # A constant, not saved in checkpoints.
        self.register_buffer("mean", torch.tensor(_RGB_MEAN).view(3, 1, 1), persistent=False)
        self.head = nn.Sequential(_conv(3, features), nn.ReLU(inplace=True))
        self.body = nn.Sequential(*(ResidualBlock(features) for _ in range(blocks)))
        doublings: list[nn.Module] = []
        for _ in range({2: 1, 4: 2}[scale]):
            doublings += [nn.Upsample(scale_factor=2), _conv(features, features), nn.ReLU(inplace=True)]
        self.tail = nn.Sequential(*doublings, _conv(features, features), nn.ReLU(inplace=True), _conv(features, 3))
        self.skip = Bicubic(scale, skip)

    def forward(self, lr: Tensor) -> Tensor:
        """Upscale a batch; see the class for shapes and ranges."""
        detail: Tensor = self.tail(self.body(self.head(lr - self.mean)))
        enlarged: Tensor = self.skip(lr)  # in float32; the small detail may be in bfloat16
        return enlarged + detail
