"""DISTS, deep image structure and texture similarity: a distance of images in VGG16's features."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

import torch
from torch import Tensor

from srbench.api import MetricRequest
from srbench.errors import RequestError
from srbench_models.metrics.learned.backbones import Backbone, VGG16Features, load_backbone
from srbench_models.metrics.learned.comparison import CACHE_BYTES, FeatureComparison
from srbench_models.metrics.learned.shipped import shipped_tensors

__all__ = ["DISTS", "load"]

_C1 = _C2 = 1e-6
"""Constants that keep the quotients finite, as in the authors' code."""

_SHIPPED = "dists.safetensors", "8647016b7ad77f6cf2646e4f527b75cbadc606c303040d842dbfcda7c2390e7e"


class DISTS(FeatureComparison):
    """DISTS of whole RGB images; 0 for equal images, lower is better.

    For each channel of the images and of five outputs of VGG16, whose pooling is L2, with mean m, variance v and
    covariance c over all positions:

        texture = (2·m_sr·m_hr + 1e-6) / (m_sr² + m_hr² + 1e-6)
        structure = (2·c + 1e-6) / (v_sr + v_hr + 1e-6)
        DISTS = 1 - Σ over channels  (α·texture + β·structure) / Σ (α + β)

    Images are compared at full size, as papers on super-resolution do; the authors' demonstration and the library piq
    first resize the shorter side to 256 pixels, which gives other values. Below 17 pixels a side the last output has
    one position along it, and no variance to compare: the metric is undefined here.

    Source: K. Ding, K. Ma, S. Wang, E. P. Simoncelli, IEEE TPAMI 2022, doi:10.1109/TPAMI.2020.3045810.
    """

    name: ClassVar[str] = "dists"
    min_outputs: ClassVar[int] = 2

    def __init__(
        self,
        backbone: Backbone,
        alpha: Tensor,
        beta: Tensor,
        *,
        tile_pixels: int | None = None,
        cache_bytes: int = CACHE_BYTES,
    ) -> None:
        """Prepare DISTS.

        Args:
            backbone: VGG16 with L2 pooling, which also gives the images.
            alpha: Weights of texture, (1475,): 3 channels of the images, then those of the five outputs.
            beta: Weights of structure, (1475,).
            tile_pixels: As in `FeatureComparison`.
            cache_bytes: As in `FeatureComparison`.
        """
        super().__init__(backbone, tile_pixels=tile_pixels, cache_bytes=cache_bytes)
        total = (alpha.double() + beta.double()).sum()
        self._alpha, self._beta = alpha.double() / total, beta.double() / total

    def _prepared(self, features: Tensor) -> Tensor:
        return features.clone(memory_format=torch.contiguous_format)

    def _products(self, sr: Tensor, hr: Tensor) -> Tensor:
        x, y = sr.double(), hr.double()
        return torch.stack([one.sum((0, 1)) for one in (x, y, x * x, y * y, x * y)])

    def _value(self, means: Sequence[Tensor]) -> float:
        x, y, xx, yy, xy = torch.cat(list(means), dim=1)
        texture = (2 * x * y + _C1) / (x * x + y * y + _C1)
        structure = (2 * (xy - x * y) + _C2) / (xx - x * x + yy - y * y + _C2)
        return 1.0 - float(self._alpha @ texture + self._beta @ structure)


def load(request: MetricRequest) -> DISTS:
    """Load DISTS; `request.weights` is a file with VGG16's tensors `features.*`, named as in torchvision.

    Raises:
        RequestError: The request has a variant.
        WeightsError: The weights are absent or do not fit.
    """
    if request.variant:
        raise RequestError(f"dists:{request.variant}: dists has no variants; write dists")
    shipped = shipped_tensors(*_SHIPPED)
    backbone = load_backbone(partial(VGG16Features, for_dists=True), request.weights, request.device, "dists")
    return DISTS(backbone, shipped["alpha"], shipped["beta"])
