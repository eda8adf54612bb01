"""Bicubic enlargement inside a network: differentiable, on any device, by the rules of MATLAB or TensorFlow."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from srbench.protocols import imresize

__all__ = ["Bicubic", "BicubicRule"]

BicubicRule = Literal["matlab", "tensorflow"]
"""`matlab`: `imresize`, a = -0.5, pixel centres aligned, mirrored border. `tensorflow`: version 1's `resize_bicubic`,
a = -0.75, the corner of the first pixel aligned, clamped border."""

_TENSORFLOW_A = -0.75


class Bicubic(nn.Module):
    """Enlarges (N, C, h, w) to (N, C, h·scale, w·scale), in float32 even under autocast; has no parameters."""

    def __init__(self, scale: int, rule: BicubicRule = "matlab") -> None:
        super().__init__()
        self.scale = scale
        self.rule: BicubicRule = rule

    def forward(self, x: Tensor) -> Tensor:
        """Multiply by one weight matrix per axis."""
        rows, columns = (
            torch.from_numpy(_weights(int(size), self.scale, self.rule)).to(x.device) for size in x.shape[-2:]
        )
        with torch.autocast(x.device.type, enabled=False):
            return rows @ x.float() @ columns.T


@lru_cache(maxsize=16)
def _weights(size: int, scale: int, rule: BicubicRule) -> NDArray[np.float32]:
    """Weight of each input sample in each output sample, (size·scale, size)."""
    if rule == "matlab":
        impulses = np.eye(size, dtype=np.float64)[None]
        enlarged: NDArray[np.float32] = imresize(impulses, (size * scale, size))[0].astype(np.float32)
        return enlarged
    place = np.arange(size * scale) / scale
    first = np.floor(place).astype(int)
    weights: NDArray[Any] = np.zeros((size * scale, size))
    for tap in (-1, 0, 1, 2):
        source = np.clip(first + tap, 0, size - 1)
        np.add.at(weights, (np.arange(size * scale), source), _cubic(np.abs(place - first - tap), _TENSORFLOW_A))
    return weights.astype(np.float32)


def _cubic(distance: NDArray[Any], a: float) -> NDArray[Any]:
    """Keys' cubic convolution kernel, doi:10.1109/TASSP.1981.1163711."""
    near = (a + 2) * distance**3 - (a + 3) * distance**2 + 1
    far = a * distance**3 - 5 * a * distance**2 + 8 * a * distance - 4 * a
    kernel: NDArray[Any] = np.where(distance <= 1, near, np.where(distance < 2, far, 0.0))
    return kernel
