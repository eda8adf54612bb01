"""Features of HR images, kept for the next result that is compared with the same image."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from threading import Lock

from torch import Tensor

__all__ = ["FeatureCache", "image_key"]

Features = tuple[Tensor, ...]
"""Features of a tile, per compared output of the network."""


def image_key(image: Tensor) -> str:
    """Return a hash of an image's samples, shape and type."""
    samples = image.contiguous().cpu().numpy()
    digest = hashlib.sha256(f"{image.dtype} {tuple(image.shape)}".encode())
    digest.update(samples.data)
    return digest.hexdigest()


class FeatureCache:
    """Features by image and tile, within a number of bytes; may be used from several threads.

    The image used longest ago makes room for another. If one image exceeds the limit alone, its first tiles are kept:
    evicting them for its last ones would leave nothing to be found when the image is used again.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes, self._bytes = max_bytes, 0
        self._images: OrderedDict[str, dict[int, Features]] = OrderedDict()
        self._lock = Lock()

    def get(self, image: str, tile: int) -> Features | None:
        """Return a tile's features, None if they are not kept."""
        with self._lock:
            if image not in self._images:
                return None
            self._images.move_to_end(image)
            return self._images[image].get(tile)

    def put(self, image: str, tile: int, features: Features) -> None:
        """Keep a tile's features, unless they do not fit beside those of the same image."""
        size = _size(features)
        with self._lock:
            kept = self._images.setdefault(image, {})
            self._images.move_to_end(image)
            while self._bytes + size > self._max_bytes and len(self._images) > 1:
                self._bytes -= sum(map(_size, self._images.popitem(last=False)[1].values()))
            if tile not in kept and self._bytes + size <= self._max_bytes:
                kept[tile] = features
                self._bytes += size


def _size(features: Features) -> int:
    return sum(one.nbytes for one in features)
