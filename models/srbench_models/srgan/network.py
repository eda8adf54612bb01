"""The SRResNet generator.

Source: C. Ledig et al., "Photo-Realistic Single Image Super-Resolution Using a Generative Adversarial Network",
CVPR 2017, arXiv:1609.04802.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from srbench_models.precision import in_float32

__all__ = ["SRResNet"]

# Mean of DIV2K's training images in [0, 1], as EDSR's authors give it.
_RGB_MEAN = (0.4488, 0.4371, 0.4040)


class ResidualBlock(nn.Module):
    """Convolution, batch normalisation, PReLU, convolution, batch normalisation, added to the input."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(features, features, 3, padding=1, bias=False),
            nn.BatchNorm2d(features),
            nn.PReLU(),
            nn.Conv2d(features, features, 3, padding=1, bias=False),
            nn.BatchNorm2d(features),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(N, features, h, w) to the same shape."""
        branch: Tensor = self.body(x)
        return x + branch


class SRResNet(nn.Module):
    """Residual network with batch normalisation and sub-pixel convolutions; SRGAN's generator.

    Shapes: (N, 3, h, w) RGB in [0, 1] to (N, 3, 4h, 4w), same range, not clipped; any h, w ≥ 1.
    """

    mean: Tensor

    def __init__(self, scale: int = 4, blocks: int = 16, features: int = 64) -> None:
        """Build the network with random weights; `scale` is 2 or 4, `features` the channels of each residual block."""
        super().__init__()
        # A constant, not saved in checkpoints. Subtracting it makes zero padding mean grey instead of black.
        self.register_buffer("mean", torch.tensor(_RGB_MEAN).view(3, 1, 1), persistent=False)
        self.head = nn.Sequential(nn.Conv2d(3, features, 9, padding=4), nn.PReLU())
        self.body = nn.Sequential(
            *(ResidualBlock(features) for _ in range(blocks)),
            nn.Conv2d(features, features, 3, padding=1, bias=False),
            nn.BatchNorm2d(features),
        )
        steps: list[nn.Module] = []
        for _ in range({2: 1, 4: 2}[scale]):
            steps += [nn.Conv2d(features, 4 * features, 3, padding=1), nn.PixelShuffle(2), nn.PReLU()]
        self.tail = nn.Sequential(*steps, nn.Conv2d(features, 3, 9, padding=4))

    def forward(self, lr: Tensor) -> Tensor:
        """Upscale a batch; see the class for shapes and ranges."""
        convolution, slope = self.head
        shallow = slope(in_float32(convolution, lr - self.mean))
        return self.mean + in_float32(self.tail[-1], self.tail[:-1](shallow + self.body(shallow)))
