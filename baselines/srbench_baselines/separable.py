"""Separable interpolation with MATLAB's sample positions and weights, on the device of LR."""

from __future__ import annotations

import torch
from torch import Tensor

from srbench.api import BuildRequest, Upscaler
from srbench.protocols import imresize, resample_taps

__all__ = ["bicubic", "bilinear", "lanczos", "nearest"]


def _upscaler(kernel: str, scale: int) -> Upscaler:
    def upscale(lr: Tensor) -> Tensor:
        if lr.device.type == "cpu":
            size = lr.shape[-2] * scale, lr.shape[-1] * scale
            return torch.from_numpy(imresize(lr.numpy(), size, kernel=kernel))
        rows = _enlarge(lr, scale, kernel, axis=-2)
        return _enlarge(rows, scale, kernel, axis=-1)

    return upscale


def _enlarge(image: Tensor, scale: int, kernel: str, axis: int) -> Tensor:
    """Upscale along one axis; taps are summed in a fixed order."""
    length = image.shape[axis]
    taps = resample_taps(length, length * scale, kernel)
    shape = (-1, 1) if axis == -2 else (-1,)
    total: Tensor | None = None
    for indices, weights in zip(taps.indices.T, taps.weights.T, strict=True):
        # Copied, because the cached taps are read-only and torch needs writable arrays.
        picked = image.index_select(axis, torch.from_numpy(indices.copy()).to(image.device))
        weight = torch.from_numpy(weights.copy()).to(image).view(shape)
        total = picked * weight if total is None else total + picked * weight
    if total is None:
        raise ValueError(f"kernel {kernel} has no taps from {length} pixels")
    return total


def nearest(request: BuildRequest) -> Upscaler:
    """Nearest neighbour: each LR pixel repeated scale × scale times."""
    return _upscaler("box", request.scale)


def bilinear(request: BuildRequest) -> Upscaler:
    """Linear kernel, half-pixel centres: `bilinear, align_corners=False` in torch."""
    return _upscaler("linear", request.scale)


def bicubic(request: BuildRequest) -> Upscaler:
    """Cubic kernel with a = -1/2: MATLAB's `imresize(lr, scale, 'bicubic')`.

    Source: R. Keys 1981, doi:10.1109/TASSP.1981.1163711.
    """
    return _upscaler("cubic", request.scale)


def lanczos(request: BuildRequest) -> Upscaler:
    """Three-lobed windowed sinc: MATLAB's `imresize(lr, scale, 'lanczos3')`.

    Source: C. E. Duchon 1979, doi:10.1175/1520-0450(1979)018<1016:LFIOAT>2.0.CO;2.
    """
    return _upscaler("lanczos3", request.scale)
