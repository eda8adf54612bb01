"""Classifiers whose feature maps the perceptual and texture losses compare."""

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
    """Which layers are compared.

    Attributes:
        perceptual: Indices into the classifier's `features`.
        texture: The same, for the texture loss.
        strides: Image pixels for each step in the texture layers' maps.
    """

    perceptual: tuple[int, ...]
    texture: tuple[int, ...]
    strides: tuple[int, ...]


# SqueezeNet: after Fire modules 3 and 5, and after the first convolution too for texture. VGG, as the papers have it:
# texture from the first convolution of the first three stages (EnhanceNet), perceptual from the last layer of stage 2
# and of stage 5 (SRGAN's VGG22 and VGG54).
_TAPS = {
    "squeezenet1_1": Taps((4, 7), (1, 4, 7), (2, 4, 8)),
    "vgg16": Taps((8, 29), (1, 6, 11), (1, 2, 4)),
    "vgg19": Taps((8, 35), (1, 6, 11), (1, 2, 4)),
}


class FeatureMaps(nn.Module):
    """A frozen classifier up to the last layer that is compared."""

    mean: Tensor
    deviation: Tensor

    def __init__(
        self, features: nn.Sequential, taps: Taps, mean: Sequence[float], deviation: Sequence[float], bgr: bool
    ) -> None:
        """Keep what is needed of a classifier.

        Args:
            features: Its layers.
            taps: Which of them are compared.
            mean: Subtracted from samples of 0…255, in the classifier's order of colours.
            deviation: Divided by.
            bgr: Whether that order is blue, green, red.
        """
        super().__init__()
        self.taps = taps
        self.bgr = bgr
        self.layers = nn.ModuleList(list(features)[: max(*taps.perceptual, *taps.texture) + 1])
        self.register_buffer("mean", torch.tensor(mean).view(3, 1, 1), persistent=False)
        self.register_buffer("deviation", torch.tensor(deviation).view(3, 1, 1), persistent=False)
        self.eval().requires_grad_(False)

    def train(self, mode: bool = True) -> FeatureMaps:
        """Stay as trained, whatever the module that holds it is told."""
        return super().train(False)

    def forward(self, rgb: Tensor) -> dict[int, Tensor]:
        """Feature maps by layer index of RGB images, float (N, 3, H, W), 0…255."""
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
        name: `squeezenet1_1`, from `file`, or `vgg16` or `vgg19`, from torchvision, which downloads it.
        file: A safetensors file of SqueezeNet 1.1 as its authors trained it in Caffe, under torchvision's names.

    Raises:
        RequestError: The file was not given, or torchvision is not there.
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
