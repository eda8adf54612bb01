"""Bicubic of OpenCV and Pillow, for comparison with MATLAB's; both run on the CPU, in float32."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image as Pil
from torch import Tensor

from srbench.api import BuildRequest, Upscaler

__all__ = ["opencv_cubic", "pillow_bicubic"]

Plane = NDArray[Any]


def _plane_by_plane(resize: Callable[[Plane, int, int], Plane], scale: int) -> Upscaler:
    def upscale(lr: Tensor) -> Tensor:
        height, width = lr.shape[-2] * scale, lr.shape[-1] * scale
        planes = lr.cpu().numpy().reshape(-1, *lr.shape[-2:])
        enlarged = np.stack([resize(np.ascontiguousarray(plane), width, height) for plane in planes])
        return torch.from_numpy(enlarged).reshape(*lr.shape[:2], height, width).to(lr.device)

    return upscale


def opencv_cubic(request: BuildRequest) -> Upscaler:
    """OpenCV's `INTER_CUBIC`, with a = -3/4: sharper than MATLAB's, with more overshoot."""
    return _plane_by_plane(
        lambda plane, width, height: np.asarray(cv2.resize(plane, (width, height), interpolation=cv2.INTER_CUBIC)),
        request.scale,
    )


def pillow_bicubic(request: BuildRequest) -> Upscaler:
    """Pillow's `BICUBIC`: a = -1/2 like MATLAB's, but it renormalises at the border instead of mirroring."""
    return _plane_by_plane(
        lambda plane, width, height: np.asarray(Pil.fromarray(plane).resize((width, height), Pil.Resampling.BICUBIC)),
        request.scale,
    )
