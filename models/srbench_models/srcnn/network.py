"""Three convolutions on a bicubic enlargement.

Source: C. Dong et al., "Image Super-Resolution Using Deep Convolutional Networks", TPAMI 2016, arXiv:1501.00092.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch.nn.functional as F
from torch import Tensor, nn

from srbench_models.enlarge import Bicubic

__all__ = ["SRCNN"]


def _begin_as_identity(layer: nn.Conv2d, planes: int) -> None:
    """Make the first channels pass the planes through; the others keep their random weights."""
    weight, centre = layer.weight.data, layer.kernel_size[0] // 2
    weight[:planes] = 0
    for plane in range(planes):
        weight[plane, plane, centre, centre] = 1
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)


class SRCNN(nn.Module):
    """Super-resolution CNN: patch extraction, mapping, reconstruction.

    Shapes: (N, planes, h, w) in [0, 1] to (N, planes, h·scale, w·scale), same range, not clipped; any h, w ≥ 1.
    """

    def __init__(
        self,
        scale: int,
        planes: int = 1,
        features: Sequence[int] = (64, 32),
        kernels: Sequence[int] = (9, 1, 5),
        border: Literal["replicate", "zeros"] = "replicate",
    ) -> None:
        """Build the network; initially it is plain bicubic, since ReLU does not change non-negative images.

        Args:
            scale: Upscaling scale.
            planes: 1 for luma, 3 for RGB.
            features: Channels after the first and the second layer.
            kernels: Odd sizes of the three kernels; 9-1-5 is the paper's first network.
            border: Padding of each layer: the nearest sample, or zeros.
        """
        super().__init__()
        self.enlarge = Bicubic(scale)
        widths = [planes, *features, planes]
        layers = [
            nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, padding_mode=border)
            for inputs, outputs, kernel in zip(widths[:-1], widths[1:], kernels, strict=True)
        ]
        for layer in layers:
            _begin_as_identity(layer, planes)
        self.layers = nn.ModuleList(layers)

    def forward(self, lr: Tensor) -> Tensor:
        """Upscale a batch; see the class for shapes and ranges."""
        x: Tensor = self.enlarge(lr)
        for layer in self.layers[:-1]:
            x = F.relu(layer(x))
        out: Tensor = self.layers[-1](x)
        return out
