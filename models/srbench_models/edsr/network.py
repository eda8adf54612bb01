"""The EDSR network, with the parameter names of the released checkpoints.

Source: B. Lim et al., "Enhanced Deep Residual Networks for Single Image Super-Resolution", CVPR Workshops 2017,
arXiv:1707.02921.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from srbench_models.precision import in_float32

__all__ = ["EDSR"]

# Mean of DIV2K's training images in [0, 1], from the authors' code.
_RGB_MEAN = (0.4488, 0.4371, 0.4040)
_PEAK = 255.0


def _conv(inputs: int, outputs: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, kernel_size=3, padding=1)


def _mean_shift(sign: int) -> nn.Conv2d:
    """A fixed 1×1 convolution that subtracts (-1) or adds (+1) the mean; a layer because checkpoints contain it."""
    shift = nn.Conv2d(3, 3, kernel_size=1)
    shift.weight.data = torch.eye(3).view(3, 3, 1, 1)
    shift.bias = nn.Parameter(sign * _PEAK * torch.tensor(_RGB_MEAN))
    shift.requires_grad_(False)
    return shift


class ResidualBlock(nn.Module):
    """Convolution, ReLU, convolution, times `res_scale`, added to the input; no batch normalisation."""

    def __init__(self, features: int, res_scale: float) -> None:
        super().__init__()
        self.body = nn.Sequential(_conv(features, features), nn.ReLU(inplace=True), _conv(features, features))
        self.res_scale = res_scale

    def forward(self, x: Tensor) -> Tensor:
        """(N, features, h, w) to the same shape."""
        branch: Tensor = self.body(x)
        return x + (branch if self.res_scale == 1 else branch * self.res_scale)


def _upsampler(features: int, scale: int) -> nn.Sequential:
    """Sub-pixel convolution: two steps of ×2 for ×4, one step otherwise."""
    steps = [2, 2] if scale == 4 else [scale]
    layers: list[nn.Module] = []
    for step in steps:
        layers += [_conv(features, features * step * step), nn.PixelShuffle(step)]
    return nn.Sequential(*layers)


class EDSR(nn.Module):
    """Enhanced deep super-resolution network.

    Shapes: (N, 3, h, w) RGB in [0, 1] to (N, 3, h·scale, w·scale), same range, not clipped; any h, w ≥ 1. Inside,
    samples run 0…255 about DIV2K's mean, as the released checkpoints expect.
    """

    def __init__(self, scale: int, blocks: int = 16, features: int = 64, res_scale: float = 1.0) -> None:
        """Build the network with random weights.

        Args:
            scale: 2, 3 or 4.
            blocks: Residual blocks: 16 in the baseline, 32 in the full model.
            features: Channels: 64 in the baseline, 256 in the full model.
            res_scale: Multiplier of each residual branch: 1 in the baseline, 0.1 in the full model.
        """
        super().__init__()
        self.sub_mean = _mean_shift(-1)
        self.add_mean = _mean_shift(+1)
        self.head = nn.Sequential(_conv(3, features))
        body: list[nn.Module] = [ResidualBlock(features, res_scale) for _ in range(blocks)]
        self.body = nn.Sequential(*body, _conv(features, features))
        self.tail = nn.Sequential(_upsampler(features, scale), _conv(features, 3))

    def forward(self, lr: Tensor) -> Tensor:
        """Upscale a batch; see the class for shapes and ranges."""
        shallow = self.head(in_float32(self.sub_mean, lr * _PEAK))
        deep = self.tail(shallow + self.body(shallow))
        return in_float32(self.add_mean, deep) / _PEAK
