"""AlexNet, VGG16 and SqueezeNet 1.1 without their classifiers, with torchvision's layer numbers and parameter names.

Sources: A. Krizhevsky 2014, arXiv:1404.5997 (AlexNet with one column); K. Simonyan, A. Zisserman 2015,
arXiv:1409.1556; SqueezeNet: see `srbench_models.squeezenet`; pooling of squares: O. J. Hénaff, E. P. Simoncelli 2016,
arXiv:1511.06394.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from srbench.errors import WeightsError
from srbench_models.squeezenet import SqueezeNet
from srbench_models.weights import load_weights

__all__ = ["AlexNetFeatures", "Backbone", "L2Pool", "SqueezeNetFeatures", "VGG16Features", "load_backbone"]

_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""ImageNet's mean and standard deviation of R, G and B in [0, 1], which the weights expect to be removed."""

_VGG16 = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
"""Channels and number of convolutions of VGG16's stages."""


class L2Pool(nn.Module):
    """Square root of a weighted mean of squares, with half the resolution: (N, C, h, w) to (N, C, ⌈h/2⌉, ⌈w/2⌉).

    The weights are 1, 2, 1 along each axis, divided by 16; beyond the border there are zeros.
    """

    kernel_size, stride, padding = 3, 2, 1

    def __init__(self, channels: int) -> None:
        super().__init__()
        taps = torch.tensor([0.25, 0.5, 0.25])
        self.register_buffer("taps", torch.outer(taps, taps).expand(channels, 1, 3, 3).clone(), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Pool a batch."""
        taps: Tensor = self.taps  # type: ignore[assignment]  # torch: a buffer may be a module
        squares = F.conv2d(x.square(), taps, stride=self.stride, padding=self.padding, groups=x.shape[1])
        return (squares + 1e-12).sqrt()


class Backbone(nn.Module):
    """Layers of a network for classification, some of whose outputs are compared.

    Attributes:
        features: The layers, numbered as torchvision numbers them.
        ends: Numbers of the layers whose outputs are compared, in ascending order.
        tile_pixels: Size of a tile, in pixels, that keeps the memory of a pass near or below 1 GiB.
        compares_input: Whether the images themselves are the first output.
    """

    def __init__(
        self, layers: nn.Sequential, ends: tuple[int, ...], tile_pixels: int, *, compares_input: bool = False
    ) -> None:
        super().__init__()
        self.features, self.ends, self.tile_pixels, self.compares_input = layers, ends, tile_pixels, compares_input
        for name, values in (("mean", _MEAN), ("std", _STD)):
            self.register_buffer(name, torch.tensor(values).view(3, 1, 1), persistent=False)

    def stages(self, images: Tensor) -> Iterator[Tensor]:
        """Yield the compared outputs in order, (N, C, h, w) each; a caller must not change them.

        Args:
            images: RGB in [0, 1], float32, (N, 3, H, W).
        """
        if self.compares_input:
            yield images
        x = (images - self.mean) / self.std  # type: ignore[operator]  # torch: a buffer may be a module
        x = x.contiguous(memory_format=torch.channels_last)
        for number, layer in enumerate(self.features):
            x = layer(x)
            if number in self.ends:
                yield x


class AlexNetFeatures(Backbone):
    """AlexNet's five convolutions, each output after its ReLU."""

    def __init__(self) -> None:
        layers = nn.Sequential(
            *(nn.Conv2d(3, 64, 11, stride=4, padding=2), nn.ReLU(inplace=True), nn.MaxPool2d(3, stride=2)),
            *(nn.Conv2d(64, 192, 5, padding=2), nn.ReLU(inplace=True), nn.MaxPool2d(3, stride=2)),
            *(nn.Conv2d(192, 384, 3, padding=1), nn.ReLU(inplace=True)),
            *(nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(inplace=True)),
            *(nn.Conv2d(256, 256, 3, padding=1), nn.ReLU(inplace=True)),
        )
        super().__init__(layers, (1, 4, 7, 9, 11), 2**22)


class VGG16Features(Backbone):
    """VGG16's five stages, each output after its last ReLU; `for_dists`: L2 pooling, and the input is compared."""

    def __init__(self, *, for_dists: bool = False) -> None:
        layers: list[nn.Module] = []
        ends, inputs = [], 3
        for channels, convolutions in _VGG16:
            if layers:
                layers.append(L2Pool(inputs) if for_dists else nn.MaxPool2d(2))
            for _ in range(convolutions):
                layers += [nn.Conv2d(inputs, channels, 3, padding=1), nn.ReLU(inplace=True)]
                inputs = channels
            ends.append(len(layers) - 1)
        super().__init__(nn.Sequential(*layers), tuple(ends), 2**20, compares_input=for_dists)


class SqueezeNetFeatures(Backbone):
    """SqueezeNet 1.1: the first convolution, the last Fire module of each resolution, at the coarsest all four."""

    def __init__(self) -> None:
        super().__init__(SqueezeNet().features, (1, 4, 7, 9, 10, 11, 12), 2**21)


def load_backbone(build: Callable[[], Backbone], weights: Path | None, device: str, metric: str) -> Backbone:
    """Build a backbone with the weights of a file that holds only tensors `features.*`, in float32 on a torch device.

    On `mps` the network runs on the CPU: that device has no float64, in which features are summed.

    Raises:
        WeightsError: No file is given, or it cannot be read, or names or shapes differ.
    """
    if weights is None:
        raise WeightsError(f"{metric} needs the weights of its network; its card lists no file for this variant")
    backbone = build()
    load_weights(backbone, weights)
    # channels_last is 1.5 to 2 times as fast as the default layout for these convolutions on a CPU.
    backbone.to("cpu" if device.startswith("mps") else device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch: untyped
    return backbone.eval().requires_grad_(False)
