"""Calling an upscaler: planes to tensor and back, colour, quantisation, and a look at what came out."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from srbench.api import Colour, Upscaler
from srbench.errors import MethodError, one_line
from srbench.images import Image
from srbench.protocol.colour import rgb_to_ycbcr, ycbcr_to_rgb
from srbench.protocol.protocol import quantise
from srbench.protocol.resize import imresize

__all__ = ["check_result", "upscale_planes"]

Planes = NDArray[Any]

# Between the largest overshoot a network makes about [0, 1] and the smallest [0, 255] image that is not black.
_LARGEST_SAMPLE = 4.0
# float32 carries 0…255 with an error below 2e-5 levels. What lies so near a half is a tie, and ties round up, as in
# MATLAB's exact arithmetic; without this a tie would fall either way, by machine.
_TIE = 2.0**-13


def upscale_planes(upscaler: Upscaler, lr: Planes, scale: int, *, colour: Colour, device: str) -> Image:
    """Upscale one image and round it to 8 bits.

    Args:
        upscaler: The method.
        lr: uint8 or float64, (C, h, w), 0…255; C = 3 (RGB) or 1 (luma).
        scale: Upscaling factor.
        colour: The method's colour; a `y` method on RGB gets its chroma from bicubic.
        device: Where the method runs.

    Returns:
        uint8, (C, h·scale, w·scale).

    Raises:
        MethodError: The method raised, or returned another type, shape or range, or samples that are not finite.
    """
    if colour == "y" and lr.shape[0] == 3:
        size = lr.shape[1] * scale, lr.shape[2] * scale
        ycbcr = rgb_to_ycbcr(lr)
        luma = _call(upscaler, ycbcr[:1], scale, device)
        return quantise(ycbcr_to_rgb(np.concatenate([luma, imresize(ycbcr[1:], size)])) + _TIE)
    return quantise(_call(upscaler, lr, scale, device) + _TIE)


def _call(upscaler: Upscaler, planes: Planes, scale: int, device: str) -> NDArray[np.float64]:
    """Planes 0…255 in, float64 planes 0…255 out; everything a method may do wrong is caught here."""
    batch = torch.from_numpy(np.array(planes, dtype=np.float32)[None] / np.float32(255)).to(device)
    try:
        with torch.inference_mode():
            out = upscaler(batch)
        check_result(out, (1, planes.shape[0], planes.shape[1] * scale, planes.shape[2] * scale))
        # A GPU reports many faults only here, when its result is asked for.
        result: NDArray[np.float64] = out[0].to("cpu", torch.float64).numpy() * 255
    except MethodError:
        raise
    except (Exception, SystemExit) as error:  # a method is anyone's code, and may raise anything
        raise MethodError(f"raised {one_line(error)}") from error
    return result


def check_result(out: object, expected: tuple[int, ...]) -> None:
    """Refuse what no upscaler should return.

    Args:
        out: What it returned.
        expected: The shape of its result.

    Raises:
        MethodError: It is no float tensor of that shape, is not finite, or far outside [0, 1].
    """
    if not isinstance(out, Tensor):
        raise MethodError(f"returned {type(out).__name__}, expected a torch.Tensor")
    if tuple(out.shape) != expected:
        raise MethodError(f"returned shape {tuple(out.shape)}, expected {expected}")
    if not out.is_floating_point():
        raise MethodError(f"returned {out.dtype} samples, expected floating point in [0, 1]")
    if not bool(torch.isfinite(out).all()):
        raise MethodError("returned NaN or infinite samples")
    low, high = float(out.min()), float(out.max())
    if low < -_LARGEST_SAMPLE or high > _LARGEST_SAMPLE:
        raise MethodError(f"returned samples in [{low:.3g}, {high:.3g}], expected [0, 1]; divide by 255?")
