"""Replacing outliers with bilinear interpolation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srbench.api import Upscaler
from srbench.methods.wrappers.wrapper import Wrapping

if TYPE_CHECKING:
    from torch import Tensor

LARGEST_DEVIATION = 0.5
"""Limit for samples in [0, 1]. On photographs held out from training, at ×4, three HR samples in ten thousand deviate
more, so that a sound network loses nothing: a limit of 0.2 costs EDSR-baseline 0.34 dB there, this one 0.0001 dB."""


def correct(upscaler: Upscaler, wrapping: Wrapping) -> Upscaler:
    """Replace samples more than half the range away from bilinear interpolation by the interpolated value."""

    def upscale(lr: Tensor) -> Tensor:
        from torch.nn.functional import interpolate  # here, because listing wrappers must not import torch

        result = upscaler(lr)
        plain = interpolate(lr, scale_factor=float(wrapping.scale), mode="bilinear", align_corners=False)
        return result.where((result - plain).abs() <= LARGEST_DEVIATION, plain)

    return upscale
