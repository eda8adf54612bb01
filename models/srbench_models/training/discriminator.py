"""Discriminators of SRGAN and EnhanceNet: pairs of convolutions, the second of stride 2, and two dense layers."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

__all__ = ["Discriminator"]

_DENSE = 1024


class Discriminator(nn.Module):
    """Distinguishes HR patches from results: RGB (N, 3, side, side), 0…255, to logits (N, 1); above 0 means HR.

    SRGAN (Ledig et al. 2017, figure 4) has 64, 128, 256, 512 channels and batch normalisation in all but the first
    layer; EnhanceNet (Sajjadi et al. 2017, table 2) 32, 64, 128, 256, 512, and no normalisation.
    """

    def __init__(self, side: int, channels: Sequence[int], batch_norm: bool) -> None:
        """Build the network for patches of `side` pixels, with the channels of each pair of convolutions."""
        super().__init__()
        layers: list[nn.Module] = []
        inputs = 3
        for width in channels:
            for stride in (1, 2):
                norm = batch_norm and bool(layers)
                layers.append(nn.Conv2d(inputs, width, 3, stride, padding=1, bias=not norm))
                if norm:
                    layers.append(nn.BatchNorm2d(width))
                layers.append(nn.LeakyReLU(0.2))
                inputs = width
                side = side if stride == 1 else (side + 1) // 2
        self.features = nn.Sequential(*layers)
        self.verdict = nn.Sequential(
            nn.Flatten(), nn.Linear(inputs * side * side, _DENSE), nn.LeakyReLU(0.2), nn.Linear(_DENSE, 1)
        )

    def forward(self, rgb: Tensor) -> Tensor:
        """Compute the logits of a batch."""
        verdict: Tensor = self.verdict(self.features(rgb / 127.5 - 1))
        return verdict
