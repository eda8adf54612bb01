"""Comparison of two images' features, tile by tile, in bounded memory."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import ClassVar

import torch
from torch import Tensor

from srbench.api import ImagePair
from srbench.errors import UndefinedMetricError
from srbench_models.metrics.learned.backbones import Backbone
from srbench_models.metrics.learned.cache import FeatureCache, Features, image_key
from srbench_models.metrics.learned.fields import min_side, receptive_field
from srbench_models.metrics.learned.tiles import Tile, tiles

__all__ = ["CACHE_BYTES", "FeatureComparison"]

CACHE_BYTES = 2**30
"""Bytes of HR's features kept by default: all of a 2040×1356 image with AlexNet or SqueezeNet, most with VGG16."""

_BATCH = 4
"""Tiles of one pass on a GPU; a CPU is busy with one."""

_BLOCK = {"cpu": 2**18}
"""Samples whose products are in memory at a time; by default 2²⁴, so that a GPU has enough to do."""


class FeatureComparison(ABC):
    """A distance of two RGB images, made of means over all positions of a network's outputs.

    Memory is bounded, whatever the size of the images: besides them and the weights there are HR's features in the
    cache (1 GiB by default), and HR's features and the network's intermediate results for one tile (about 1 GiB; on a
    GPU for four tiles). HR's features that do not fit are computed again for the next result. Images up to
    `Backbone.tile_pixels` are one tile. Each output is computed with the same pixels around it as in the whole image,
    so tiles change a value only by rounding (below 1e-6).

    Features are float32; products are summed in float64. It changes no global switch of torch: whether a GPU rounds
    products to TF32 is the caller's choice, and a run's is not to.
    """

    name: ClassVar[str]
    min_outputs: ClassVar[int] = 1
    """Smallest number of the last layer's outputs along a side for which the metric has a value."""

    def __init__(self, backbone: Backbone, *, tile_pixels: int | None = None, cache_bytes: int = CACHE_BYTES) -> None:
        """Prepare a comparison.

        Args:
            backbone: The network, in evaluation mode on its device.
            tile_pixels: Largest tile, in pixels; by default the backbone's.
            cache_bytes: Bytes of HR's features that are kept.
        """
        self.backbone = backbone
        self._device = next(backbone.parameters()).device
        self._batch = 1 if self._device.type == "cpu" else _BATCH
        self._tile_pixels = tile_pixels or backbone.tile_pixels
        self._cache = FeatureCache(cache_bytes)
        self._field, self._min_side = receptive_field(backbone), min_side(backbone, self.min_outputs)

    def __call__(self, pair: ImagePair) -> float:
        """Return the distance of an image pair in RGB.

        Raises:
            UndefinedMetricError: The images have not three planes, or a side is too short for the network.
        """
        planes, height, width = pair.shape
        if planes != 3:
            raise UndefinedMetricError(f"{self.name} needs RGB images of three planes, got {planes}")
        if min(height, width) < self._min_side:
            raise UndefinedMetricError(
                f"{self.name} needs images of at least {self._min_side}×{self._min_side} pixels, got {width}×{height}"
            )
        with torch.inference_mode(), torch.autocast(self._device.type, enabled=False):
            return self._value(self._means(pair, tiles(height, width, self._tile_pixels, self._field)))

    @abstractmethod
    def _prepared(self, features: Tensor) -> Tensor:
        """Return what is kept of HR's features of a tile, (h, w, C), as a tensor of its own: float32, (h, w, C)."""

    @abstractmethod
    def _products(self, sr: Tensor, hr: Tensor) -> Tensor:
        """Return sums over all positions, float64, (K, C).

        Args:
            sr: Features of the upscaled image, float32, (h, w, C).
            hr: Prepared features of HR at the same positions.
        """

    @abstractmethod
    def _value(self, means: Sequence[Tensor]) -> float:
        """Return the distance for the means of the products over all positions, (K, C) for each output."""

    def _means(self, pair: ImagePair, cover: Sequence[Tile]) -> list[Tensor]:
        sr, hr = pair.tensors()
        key = f"{image_key(hr)} {pair.data_range}"
        totals: list[Tensor | float] = [0.0] * len(self._field.strides)
        counts = [0] * len(totals)
        for begin in range(0, len(cover), self._batch):
            batch = cover[begin : begin + self._batch]
            references = self._references(hr, pair.data_range, batch, (key, begin))
            for stage, maps in self._stages(sr, pair.data_range, batch):
                for features, reference in zip(maps, references, strict=True):
                    totals[stage] = totals[stage] + self._sums(features, reference[stage])
                    counts[stage] += features.shape[0] * features.shape[1]
                del maps, features  # or they would be kept while the next stage is computed
            del references
        return [torch.as_tensor(total).cpu() / count for total, count in zip(totals, counts, strict=True)]

    def _references(
        self, hr: Tensor, data_range: float, batch: Sequence[Tile], place: tuple[str, int]
    ) -> list[Features]:
        """Return HR's prepared features of some tiles, from the cache if they all are there."""
        key, begin = place  # of the image, and of the first tile in it
        kept = [self._cache.get(key, begin + number) for number in range(len(batch))]
        found = [features for features in kept if features is not None]
        if len(found) == len(batch):
            return found
        stages: list[list[Tensor]] = [[] for _ in batch]
        for _, maps in self._stages(hr, data_range, batch):
            for tile, features in zip(stages, maps, strict=True):
                tile.append(self._prepared(features))
            del maps, features
        made = [tuple(tile) for tile in stages]
        for number, one in enumerate(made):
            self._cache.put(key, begin + number, one)
        return made

    def _stages(self, image: Tensor, data_range: float, batch: Sequence[Tile]) -> Iterator[tuple[int, list[Tensor]]]:
        """Yield the number of an output and, for each tile, the features that it contributes, (h, w, C)."""
        crops = [image[:, tile.rows.pixels, tile.columns.pixels].to(self._device) for tile in batch]
        outputs = self.backbone.stages(torch.stack(crops).float() / data_range)
        for stage, stride in enumerate(self._field.strides):
            maps = next(outputs).permute(0, 2, 3, 1)
            yield (
                stage,
                [
                    one[tile.rows.outputs(stride), tile.columns.outputs(stride)]
                    for one, tile in zip(maps, batch, strict=True)
                ],
            )
            del maps

    def _sums(self, sr: Tensor, hr: Tensor) -> Tensor:
        """Sum the products in blocks of rows, because their float64 copies would be larger than the features."""
        rows = max(1, _BLOCK.get(self._device.type, 2**24) // max(1, sr.shape[1] * sr.shape[2]))
        blocks = zip(torch.split(sr, rows), torch.split(hr, rows), strict=True)
        return torch.stack([self._products(*block) for block in blocks]).sum(0)
