"""Labelled faces in memory, and their augmentation in training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from srbench.datasets import read_attributes
from srbench.errors import DatasetError
from srbench.files import read_image

__all__ = ["Faces", "altered", "load_faces"]

_SHIFT = 5
"""Maximum shift of a face, in pixels."""
_SQUARES = 0.25
"""Share of batches cropped to squares, as the faces of celeba-128 are."""


@dataclass(frozen=True)
class Faces(Dataset[tuple[Tensor, Tensor]]):
    """Images of one size, uint8 (N, 3, H, W), and their attributes, uint8 (N, K)."""

    images: Tensor
    attributes: Tensor
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        return self.images[index], self.attributes[index]


def load_faces(folder: Path, labels: Path, span: tuple[str, str]) -> Faces:
    """Decode the images whose names lie in a span (first, last), both included.

    Raises:
        DatasetError: The span is empty, an image has no label, or sizes differ.
    """
    known = read_attributes(labels)
    first, last = span
    paths = [path for path in sorted(folder.glob("*.jpg")) if first <= path.stem <= last]
    if not paths:
        raise DatasetError(f"{folder}: no images from {first} to {last}")
    lacking = [path.stem for path in paths if path.stem not in known.values]
    if lacking:
        raise DatasetError(f"{labels}: no row for {len(lacking)} of {len(paths)} images ({', '.join(lacking[:3])} …)")
    images = [read_image(path) for path in paths]
    if len({image.shape for image in images}) > 1:
        raise DatasetError(f"{folder}: images of several sizes; the training takes one")
    values = np.array([known.values[path.stem] for path in paths], dtype=np.uint8)
    return Faces(torch.from_numpy(np.stack(images)), torch.from_numpy(values), known.classes)


def altered(images: Tensor, generator: torch.Generator) -> Tensor:
    """Augment uint8 (N, 3, H, W), to float32 in [0, 1]: mirror, shift, contrast, brightness, square crop."""

    def chance(*shape: int) -> Tensor:
        return torch.rand(shape, generator=generator)

    batch = images.float() / 255
    batch = torch.where(chance(len(batch), 1, 1, 1) < 0.5, batch.flip(3), batch)
    down, right = (int(value) for value in torch.randint(-_SHIFT, _SHIFT + 1, (2,), generator=generator))
    batch = torch.nn.functional.pad(batch, [_SHIFT] * 4, mode="replicate")
    height, width = images.shape[2:]
    batch = batch[:, :, _SHIFT + down : _SHIFT + down + height, _SHIFT + right : _SHIFT + right + width]
    if height > width and float(chance(1)) < _SQUARES:
        top = (height - width) // 2
        batch = batch[:, :, top : top + width]
    contrast, brightness = 0.8 + 0.4 * chance(len(batch), 1, 1, 1), 0.2 * chance(len(batch), 1, 1, 1) - 0.1
    return ((batch - 0.5) * contrast + 0.5 + brightness).clamp(0, 1)


def majority(attributes: Tensor) -> Tensor:
    """More frequent value of each attribute, (K,)."""
    return (attributes.float().mean(0) > 0.5).to(attributes.dtype)


def accuracies(logits: Sequence[Tensor], attributes: Tensor) -> Tensor:
    """Share of images with the correct prediction, per attribute, (K,)."""
    return ((torch.cat(list(logits)) > 0) == attributes.bool()).float().mean(0)
