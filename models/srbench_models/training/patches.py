"""Training pairs: decoded once, LR made once by the classic protocol, patches cropped in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import IterableDataset

from srbench.api import Image
from srbench.errors import DatasetError
from srbench.files import image_files, pixel_sha256, read_image, to_rgb
from srbench.protocols import imresize, luma, modcrop
from srbench_models.training.benchmarks import refuse_benchmark, refuse_benchmark_folder
from srbench_models.training.recipe import DataOptions

__all__ = ["Pair", "PatchBatches", "TrainingImages", "load_training_images"]


@dataclass(frozen=True)
class Pair:
    """An image and its LR: uint8 RGB, or float32 luma; (C, H, W) and (C, H/scale, W/scale), 0…255."""

    hr: NDArray[Any]
    lr: NDArray[Any]


@dataclass(frozen=True)
class TrainingImages:
    """Images of a recipe.

    Attributes:
        train: Pairs to crop patches from.
        held_out: Pairs for validation only.
        too_small: Names of skipped images, smaller than one patch.
        sha256: Hash of the pixels of all training images.
    """

    train: tuple[Pair, ...]
    held_out: tuple[Pair, ...]
    too_small: tuple[str, ...]
    sha256: str


def load_training_images(root: Path, options: DataOptions, scale: int) -> TrainingImages:
    """Decode the folders of a recipe's `[data]` table below `root`, and make LR at `scale`.

    Raises:
        DatasetError: A folder is missing or empty, holds a benchmark image, or no training or validation image is left.
        ImageError: A file cannot be decoded.
    """
    train: list[Pair] = []
    held_out: list[Pair] = []
    too_small: list[str] = []
    digest = hashlib.sha256()
    for folder in options.folders:
        for index, path in enumerate(_image_files(root / folder)):
            image = read_image(path)
            refuse_benchmark(image, path)
            hr = modcrop(to_rgb(image), scale)
            pair = _pair(hr, scale, options.planes)
            if index % options.hold_out_every == options.hold_out_every - 1:
                held_out.append(pair)
            elif min(pair.lr.shape[1:]) < options.patch:
                too_small.append(f"{folder}/{path.name}")
            else:
                train.append(pair)
                digest.update(pixel_sha256(hr).encode())
    if not train or not held_out:
        raise DatasetError(
            f"{root}: {len(train)} images to train on and {len(held_out)} to validate on; each needs at least one"
        )
    return TrainingImages(tuple(train), tuple(held_out), tuple(too_small), digest.hexdigest())


def _pair(hr: Image, scale: int, planes: Literal["rgb", "y"]) -> Pair:
    lr = imresize(hr, (hr.shape[1] // scale, hr.shape[2] // scale))
    return Pair(hr, lr) if planes == "rgb" else Pair(luma(hr).astype(np.float32), luma(lr).astype(np.float32))


def _image_files(folder: Path) -> list[Path]:
    refuse_benchmark_folder(folder)
    if not folder.is_dir():
        raise DatasetError(f"{folder}: no such folder; --data names the directory that holds the recipe's folders")
    files = list(image_files(folder).values())
    if not files:
        raise DatasetError(f"{folder}: holds no images")
    return files


class PatchBatches(IterableDataset[tuple[Tensor, Tensor]]):
    """One epoch of random batches; the same seed always gives the same patches.

    Yields (lr, hr): tensors (batch, C, patch, patch) and (batch, C, patch·scale, patch·scale), of the pairs' dtype.
    """

    def __init__(self, pairs: tuple[Pair, ...], options: DataOptions, scale: int, steps: int, seed: int) -> None:
        """Prepare `steps` batches; use another `seed` in each epoch."""
        self.pairs = pairs
        self.options = options
        self.scale = scale
        self.steps = steps
        self.seed = seed
        # Images are drawn in proportion to their area, so that every pixel is equally likely.
        areas = np.array([pair.lr.shape[1] * pair.lr.shape[2] for pair in pairs], dtype=np.float64)
        self.chances = areas / areas.sum()

    def __len__(self) -> int:
        return self.steps

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        random = np.random.default_rng(self.seed)
        for _ in range(self.steps):
            drawn = random.choice(len(self.pairs), size=self.options.batch, p=self.chances)
            cut = [self._cut(self.pairs[index], random) for index in drawn]
            lr, hr = (np.stack(side) for side in zip(*cut, strict=True))
            yield torch.from_numpy(lr), torch.from_numpy(hr)

    def _cut(self, pair: Pair, random: np.random.Generator) -> tuple[NDArray[Any], NDArray[Any]]:
        size, scale = self.options.patch, self.scale
        top, left = (int(random.integers(side - size + 1)) for side in pair.lr.shape[1:])
        lr = pair.lr[:, top : top + size, left : left + size]
        hr = pair.hr[:, top * scale : (top + size) * scale, left * scale : (left + size) * scale]
        turns, flip = int(random.integers(4)), bool(random.integers(2))
        return _turn(lr, turns, flip), _turn(hr, turns, flip)


def _turn(patch: NDArray[Any], turns: int, flip: bool) -> NDArray[Any]:
    """Apply one of the eight symmetries of the square."""
    turned = np.rot90(patch, turns, axes=(1, 2))
    return turned[:, :, ::-1] if flip else turned
