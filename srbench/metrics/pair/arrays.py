"""Statistics of two arrays, each computed once and shared by all metrics."""

import math
from functools import cached_property
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import DTypeLike, NDArray

from srbench.api import SsimTerms
from srbench.errors import ImageError
from srbench.metrics.pair.window import (
    _RADIUS,
    GAUSSIAN,
    WINDOW,
    Floats,
    check_level,
    check_shapes,
    check_window,
    ssim_constants,
)

if TYPE_CHECKING:
    from torch import Tensor

Planes = NDArray[Any]

_WHOLE_LEVELS = 4
"""Levels whose sums of uint8 samples fit in uint16: 255 · 4⁴ = 65280."""


class ArrayPair:
    """Statistics of two arrays: errors in integers for uint8, else float64; SSIM in float32 for uint8 or `single`."""

    def __init__(self, sr: Planes, hr: Planes, data_range: float, *, single: bool = False) -> None:
        """Pair two images.

        Args:
            sr: uint8 or float, (C, H, W) or (H, W).
            hr: Same shape.
            data_range: Distance from black to white in the images' unit.
            single: Compute SSIM of float64 images in float32: less than half the time, another ninth digit.

        Raises:
            ImageError: The shapes differ or are not 2-D or 3-D, an image is empty, or a sample is not finite.
        """
        self.shape = check_shapes(sr.shape, hr.shape)
        self.data_range = data_range
        self._whole = sr.dtype == hr.dtype == np.uint8
        self._pair = self._prepared("sr", sr), self._prepared("hr", hr)
        self._levels = [self._pair]
        self._kind = np.float32 if self._whole or single else np.float64
        self._terms: dict[int, SsimTerms] = {}

    def arrays(self) -> tuple[Planes, Planes]:
        """Return the upscaled image and its HR, read-only: uint8 or float64, (C, H, W)."""
        sr, hr = (image.view() for image in self._pair)
        sr.flags.writeable = hr.flags.writeable = False  # the other metrics read the same samples
        return sr, hr

    def tensors(self) -> "tuple[Tensor, Tensor]":
        """Return the upscaled image and its HR as tensors in the same memory: uint8 or float64, (C, H, W)."""
        import torch  # here, since arrays need none

        sr, hr = (torch.from_numpy(image) for image in self._pair)
        return sr, hr

    def _prepared(self, name: str, image: Planes) -> Planes:
        from srbench.parallel import plain  # here, so that listing does not load a compiler

        planes = plain(image.reshape(self.shape), np.uint8 if self._whole else np.float64)
        if not self._whole and not _finite(planes):
            raise ImageError(f"{name} holds NaN or infinite samples; metrics need finite samples")
        return planes

    @cached_property
    def _centres(self) -> list[tuple[float, float]]:
        """Approximate mean of each plane of sr and hr; the stride is prime to avoid aliasing with patterns."""
        return [
            (float(a.reshape(-1)[::251].mean()), float(b.reshape(-1)[::251].mean()))
            for a, b in zip(*self._pair, strict=True)
        ]

    @cached_property
    def absolute_error(self) -> float:
        """Mean of |sr - hr| over all samples, in units of the images."""
        return self._norm(cv2.NORM_L1)

    @cached_property
    def squared_error(self) -> float:
        """Mean of (sr - hr)² over all samples, in squared units of the images."""
        return self._norm(cv2.NORM_L2SQR)

    def _norm(self, kind: int) -> float:
        sums = [cv2.norm(a, b, kind) for a, b in zip(*self._pair, strict=True)]
        return math.fsum(sums) / self._pair[0].size

    def ssim_terms(self, level: int) -> SsimTerms:
        """Return the means of SSIM and its contrast factor after halving both images `level` times."""
        if level not in self._terms:
            check_level(level)
            while len(self._levels) <= level:
                whole = self._whole and len(self._levels) <= _WHOLE_LEVELS
                self._levels.append(_halved(self._levels[-1], np.uint16 if whole else self._kind))
            self._terms[level] = _terms(*self._levels[level], self._kind, self.data_range, self._centres, 4**level)
        return self._terms[level]

    def laplacian_energies(self) -> tuple[float, float]:
        """Return the mean squares of the four-neighbour Laplacians of sr and of hr, border pixels excluded."""
        sr, hr = (_energy(image.astype(np.float64, copy=False)) for image in self._pair)
        return sr, hr


def _finite(planes: Planes) -> bool:
    with np.errstate(over="ignore", invalid="ignore"):
        # Fast path, in a quarter of the time: a finite sum implies finite samples.
        return math.isfinite(float(planes.sum())) or bool(np.isfinite(planes).all())


def _terms(
    x: Planes, y: Planes, kind: DTypeLike, data_range: float, centres: list[tuple[float, float]], factor: int
) -> SsimTerms:
    """Return SSIM's means of images whose samples are `factor` times those of `data_range` and `centres`."""
    from srbench.metrics.pair.loops import ssim_rows
    from srbench.parallel import banded_planes

    check_window(x.shape)
    taps = GAUSSIAN[: _RADIUS + 1].astype(kind)
    c1, c2 = ssim_constants(factor * data_range)
    rows, columns = (side - WINDOW + 1 for side in x.shape[1:])

    def band(plane: int, start: int, stop: int) -> tuple[float, float]:
        centre_x, centre_y = centres[plane]
        return ssim_rows(x[plane], y[plane], taps, c1, c2, factor * centre_x, factor * centre_y, start, stop)

    sums = [[math.fsum(part) for part in zip(*bands, strict=True)] for bands in banded_planes(band, len(x), rows)]
    similarity, contrast = np.array(sums).T / (rows * columns)
    return SsimTerms(similarity, contrast)


def _halved(pair: tuple[Planes, Planes], kind: DTypeLike) -> tuple[Planes, Planes]:
    """Sums over 2×2 pixels, subsampled by 2: four times the mean, exact for uint8 up to level 8."""
    from srbench.metrics.pair.loops import halve_rows
    from srbench.parallel import banded_planes

    channels, height, width = pair[0].shape
    out = np.empty((2, channels, (height + 1) // 2, (width + 1) // 2), kind)

    def band(plane: int, start: int, stop: int) -> None:
        image, channel = divmod(plane, channels)
        halve_rows(pair[image][channel], out[image, channel], start, stop)

    banded_planes(band, 2 * channels, out.shape[2])
    return out[0], out[1]


def _energy(image: Floats) -> float:
    middle = image[:, 1:-1, 1:-1]
    around = image[:, :-2, 1:-1] + image[:, 2:, 1:-1] + image[:, 1:-1, :-2] + image[:, 1:-1, 2:]
    return float(np.mean((around - 4 * middle) ** 2))
