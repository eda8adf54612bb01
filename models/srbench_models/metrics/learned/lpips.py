"""LPIPS 0.1, the learned perceptual image patch similarity: a distance of images in a network's features."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor

from srbench.api import MetricRequest
from srbench.errors import RequestError, suggest
from srbench_models.metrics.learned.backbones import (
    AlexNetFeatures,
    Backbone,
    SqueezeNetFeatures,
    VGG16Features,
    load_backbone,
)
from srbench_models.metrics.learned.comparison import CACHE_BYTES, FeatureComparison
from srbench_models.metrics.learned.shipped import shipped_tensors

__all__ = ["LPIPS", "load"]

_EPSILON = 1e-10
"""Added to the norm of a position's features, as in the authors' package."""


class _Variant(NamedTuple):
    """Network of a variant, and the file of its linear layers: lin0 … of (C,), one weight a channel."""

    backbone: Callable[[], Backbone]
    file: str
    sha256: str


_VARIANTS = {
    "": _Variant(
        AlexNetFeatures,
        "lpips_alex.safetensors",
        "ccf23a2b3cfc8b5584cb5785074f516bdef6ec9eb38985325a1afbb7d275723b",
    ),
    "vgg": _Variant(
        VGG16Features,
        "lpips_vgg.safetensors",
        "0f68c01f28dc42e93b130067f6257dd248ca464030aed2c7a2f70b35da676dfb",
    ),
    "squeeze": _Variant(
        SqueezeNetFeatures,
        "lpips_squeeze.safetensors",
        "c934cdba94f9266b7eb3d8bc513e6ac6c6563880b4a90c3617f879a0822f8d13",
    ),
}


class LPIPS(FeatureComparison):
    """LPIPS 0.1 of whole RGB images; 0 for equal images, symmetric, lower is better.

    With f the features of an output of the network, divided at each position by their norm over channels + 1e-10:

        LPIPS = Σ over outputs  mean over positions  Σ over channels  w_c · (f_sr - f_hr)²

    The network's input is 2x - 1 for x in [0, 1], then (· - shift) / scale with the authors' constants; that equals the
    removal of ImageNet's mean and standard deviation from x, which `Backbone` does. Version 0.0 lacked it.

    Source: R. Zhang, P. Isola, A. A. Efros, E. Shechtman, O. Wang, CVPR 2018, doi:10.1109/CVPR.2018.00068.
    """

    name: ClassVar[str] = "lpips"

    def __init__(
        self,
        backbone: Backbone,
        linear: Sequence[Tensor],
        *,
        tile_pixels: int | None = None,
        cache_bytes: int = CACHE_BYTES,
    ) -> None:
        """Prepare LPIPS.

        Args:
            backbone: The network.
            linear: Weights of the channels, (C,), for each output of the network.
            tile_pixels: As in `FeatureComparison`.
            cache_bytes: As in `FeatureComparison`.
        """
        super().__init__(backbone, tile_pixels=tile_pixels, cache_bytes=cache_bytes)
        self._linear = [weights.double().cpu() for weights in linear]

    def _prepared(self, features: Tensor) -> Tensor:
        norm = torch.linalg.vector_norm(features, dim=2, keepdim=True)
        unit: Tensor = features / (norm + _EPSILON)
        return unit

    def _products(self, sr: Tensor, hr: Tensor) -> Tensor:
        squares = self._prepared(sr).sub_(hr).square_()
        return squares.sum((0, 1), dtype=torch.float64)[None]

    def _value(self, means: Sequence[Tensor]) -> float:
        return sum(float(weights @ mean[0]) for weights, mean in zip(self._linear, means, strict=True))


def load(request: MetricRequest) -> LPIPS:
    """Load LPIPS with AlexNet (no variant), VGG16 (`vgg`) or SqueezeNet 1.1 (`squeeze`).

    `request.weights` is a file with the network's tensors `features.*`, named as in torchvision.

    Raises:
        RequestError: There is no such variant.
        WeightsError: The weights are absent or do not fit.
    """
    if request.variant not in _VARIANTS:
        near = suggest(request.variant, _VARIANTS)
        raise RequestError(f"lpips:{request.variant}: no such variant{near}; use lpips, lpips:vgg or lpips:squeeze")
    chosen = _VARIANTS[request.variant]
    linear = shipped_tensors(chosen.file, chosen.sha256)
    backbone = load_backbone(chosen.backbone, request.weights, request.device, "lpips")
    return LPIPS(backbone, [linear[f"lin{number}"] for number in range(len(linear))])
