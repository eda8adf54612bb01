"""Classifiers that provide feature maps for the perceptual and texture losses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srbench.errors import RequestError, WeightsError
from srbench_models.squeezenet import SqueezeNet
from srbench_models.training.recipe import FeatureNetwork
from srbench_models.weights import load_weights

__all__ = ["FeatureMaps", "Taps", "build_feature_maps"]


@dataclass(frozen=True)
class Taps:
    """Layers that the losses compare.

    Attributes:
        perceptual: Layer indices in the classifier's `features`, for the perceptual loss.
        texture: Layer indices for the texture loss.
        strides: Strides of the texture layers' maps, in image pixels.
    """

    perceptual: tuple[int, ...]
    texture: tuple[int, ...]
    strides: tuple[int, ...]


# SqueezeNet: after Fire modules 3 and 5; for texture also after the first convolution. VGG as in the papers: texture
# from the first convolution of the first three stages (EnhanceNet), perceptual from the last layer of stages 2 and 5
# (SRGAN's VGG22 and VGG54).
_TAPS = {
    "squeezenet1_1": Taps((4, 7), (1, 4, 7), (2, 4, 8)),
    "vgg16": Taps((8, 29), (1, 6, 11), (1, 2, 4)),
    "vgg19": Taps((8, 35), (1, 6, 11), (1, 2, 4)),
}


class FeatureMaps(nn.Module):
    """A frozen classifier, cut after the last layer that is compared."""

    mean: Tensor
    deviation: Tensor

    def __init__(
        self, features: nn.Sequential, taps: Taps, mean: Sequence[float], deviation: Sequence[float], bgr: bool
    ) -> None:
        """Keep the layers that are needed; inputs, 0…255, are normalised by mean and deviation in RGB or BGR order."""
        super().__init__()
        self.taps = taps
        self.bgr = bgr
        self.layers = nn.ModuleList(list(features)[: max(*taps.perceptual, *taps.texture) + 1])
        self.register_buffer("mean", torch.tensor(mean).view(3, 1, 1), persistent=False)
        self.register_buffer("deviation", torch.tensor(deviation).view(3, 1, 1), persistent=False)
        self.eval().requires_grad_(False)

    def train(self, mode: bool = True) -> FeatureMaps:
        """Stay in evaluation mode, whatever mode the containing module is set to."""
        return super().train(False)

    def forward(self, rgb: Tensor) -> dict[int, Tensor]:
        """Compute feature maps of RGB images, float (N, 3, H, W), 0…255, by layer index."""
        x = ((rgb.flip(1) if self.bgr else rgb) - self.mean) / self.deviation
        maps: dict[int, Tensor] = {}
        for index, layer in enumerate(self.layers):
            x = F.relu(x) if isinstance(layer, nn.ReLU) else layer(x)  # torchvision's ReLUs work in place
            if index in self.taps.perceptual or index in self.taps.texture:
                maps[index] = x
        return maps


def build_feature_maps(name: FeatureNetwork, file: Path | None) -> FeatureMaps:
    """Load a classifier.

    Args:
        name: `squeezenet1_1` (from `file`), or `vgg16` or `vgg19` (downloaded by torchvision).
        file: A safetensors file of the authors' Caffe SqueezeNet 1.1, with torchvision's parameter names.

    Raises:
        RequestError: The file is missing, or torchvision is not installed.
        WeightsError: The file does not fit.
    """
    taps = _TAPS[name]
    if name == "squeezenet1_1":
        if file is None:
            raise RequestError("the recipe compares features of SqueezeNet 1.1; give its safetensors file: --features")
        network = SqueezeNet()
        load_weights(network, file)
        return FeatureMaps(network.features, taps, (104.0, 117.0, 123.0), (1.0, 1.0, 1.0), bgr=True)
    try:
        import torchvision.models  # type: ignore[import-not-found]  # optional
    except (ImportError, RuntimeError) as error:  # RuntimeError: a torchvision built for another torch
        raise RequestError(f"the recipe compares features of {name}, which needs torchvision ({error})") from error
    try:
        vgg = getattr(torchvision.models, name)(weights="DEFAULT")
    except OSError as error:
        raise WeightsError(f"{name}: torchvision cannot download its weights ({error})") from error
    return FeatureMaps(vgg.features, taps, (123.675, 116.28, 103.53), (58.395, 57.12, 57.375), bgr=False)
