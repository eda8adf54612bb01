"""A pack from outside: an upscaler, one with variants, two metrics, a dataset, a protocol, a classifier."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from srbench.api import BuildRequest, Classifier, ClassifierRequest, ImagePair, Listing, MetricRequest, Sample, Upscaler
from srbench.errors import UndefinedMetricError


def create(request: BuildRequest) -> Upscaler:
    """Each pixel repeated, then averaged with its right neighbour; at any scale."""

    def upscale(lr: Tensor) -> Tensor:
        large = lr.repeat_interleave(request.scale, -2).repeat_interleave(request.scale, -1)
        return (large + torch.roll(large, -1, -1)) / 2

    return upscale


def create_shifted(request: BuildRequest) -> Upscaler:
    """Repeated pixels, brighter by the variant: a number, or a file that holds one."""
    path = Path(request.variant)
    levels = float(path.read_text() if path.is_file() else request.variant)

    def upscale(lr: Tensor) -> Tensor:
        return lr.repeat_interleave(request.scale, -2).repeat_interleave(request.scale, -1) + levels / 255

    return upscale


def median_error(pair: ImagePair) -> float:
    """Median of |sr - hr|; undefined for images of fewer than 100 samples."""
    sr, hr = pair.arrays()
    if sr.size < 100:
        raise UndefinedMetricError("fewer than 100 samples")
    return float(np.median(np.abs(sr.astype(float) - hr)))


def offset_on(request: MetricRequest):
    """Mean of sr - hr, computed on the device that was asked for."""

    def offset(pair: ImagePair) -> float:
        sr, hr = (torch.from_numpy(image.astype(np.float64)).to(request.device) for image in pair.arrays())
        return float((sr - hr).mean())

    return offset


def read_ramps(_: Path) -> Listing:
    """Draw two ramps into a folder of their own."""
    folder = Path(tempfile.gettempdir()) / "srbench-fake-pack-ramps"
    folder.mkdir(exist_ok=True)
    for name, step in (("flat", 1), ("steep", 4)):
        ramp = np.tile((np.arange(64) * step % 256).astype(np.uint8), (64, 1))
        Image.fromarray(np.stack([ramp, ramp.T, ramp], axis=2)).save(folder / f"{name}.png")
    return Listing(tuple(Sample(name, folder / f"{name}.png") for name in ("flat", "steep")))


class _Brightness:
    task = "classes"
    classes = ("dark", "bright")

    def __call__(self, images: Tensor) -> Tensor:
        mean = images.mean(dim=(1, 2, 3))
        return torch.stack([1 - mean, mean], dim=1)


def create_brightness(request: ClassifierRequest) -> Classifier:
    """Dark or bright, by the mean."""
    return _Brightness()
