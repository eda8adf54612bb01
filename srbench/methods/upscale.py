"""Calling an upscaler: conversion to and from tensors, colour, quantisation, and checks of the result."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from srbench.api import Colour, Image, Upscaler
from srbench.errors import MethodError, one_line
from srbench.isolation import isolated
from srbench.protocols import (
    imresize,
    quantise,
    quantise_checked,
    quantise_on_device,
    rgb_to_ycbcr,
    ycbcr_to_rgb,
    ycbcr_to_rgb_on_device,
)

Planes = NDArray[Any]

# Between the largest overshoot of a network beyond [0, 1] and the maximum of a dark image in [0, 255].
_LARGEST_SAMPLE = 4.0

# float32 represents 0…255 with an error below 2e-5 levels. Samples this near a half are ties, and ties round up, as in
# MATLAB's exact arithmetic; otherwise ties would depend on the machine.
_TIE = 2.0**-13

_SINGLE = 4
"""Bytes of a float32."""


def upscale_planes(
    upscaler: Upscaler, images: Sequence[Planes], scale: int, *, colour: Colour, device: str
) -> list[Image | Tensor]:
    """Upscale images of one size as a batch and round them to 8 bits.

    Args:
        upscaler: The method.
        images: LR, uint8 or float64, (C, h, w), 0…255; C = 3 (RGB) or 1 (luma).
        scale: Upscaling factor.
        colour: The method's colour; for a `y` method on RGB, chroma is upscaled with bicubic.
        device: Device of the method.

    Returns:
        uint8, (C, h·scale, w·scale) for each: arrays on the CPU, tensors on a GPU.

    Raises:
        MethodError: The method raised, or returned a wrong type, shape or range, or samples that are not finite.
    """
    if colour == "y" and images[0].shape[0] == 3:
        ycbcr = [rgb_to_ycbcr(image) for image in images]
        out = _call(upscaler, np.stack([planes[:1] for planes in ycbcr]), scale, device)
        _check_range(out)
        return [_with_chroma(luma, planes[1:], device) for luma, planes in zip(out, ycbcr, strict=True)]
    return [_rounded(image, device) for image in _call(upscaler, np.stack(images), scale, device)]


def _rounded(image: Tensor, device: str) -> Image | Tensor:
    """Round samples in [0, 1] to uint8, ties up; raise MethodError for implausible samples."""
    if device != "cpu":
        _check_range(image)
        return quantise_on_device(image.double() * 255 + _TIE)
    samples = image.numpy()
    rounded, plausible = quantise_checked(samples, factor=255.0, tie=_TIE, limit=_LARGEST_SAMPLE)
    if not plausible:
        _check_range(image)
    return rounded


def _with_chroma(luma: Tensor, chroma: NDArray[np.float64], device: str) -> Image | Tensor:
    """Make RGB from upscaled luma in [0, 1] and bicubic chroma, upscaled on the CPU."""
    enlarged = imresize(chroma, (luma.shape[1], luma.shape[2]))
    if device != "cpu":
        planes = torch.cat([luma.double() * 255, torch.from_numpy(enlarged).to(luma.device)])
        return quantise_on_device(ycbcr_to_rgb_on_device(planes) + _TIE)
    return quantise(ycbcr_to_rgb(np.concatenate([luma.double().numpy() * 255, enlarged])) + _TIE)


def _call(upscaler: Upscaler, planes: Planes, scale: int, device: str) -> Tensor:
    """Call the method on a batch in 0…255; return [0, 1], and turn any exception into MethodError."""
    batch = torch.from_numpy(planes.astype(np.float32) / np.float32(255)).to(device)
    expected = (*planes.shape[:2], planes.shape[2] * scale, planes.shape[3] * scale)
    with isolated(MethodError, "raised"):
        with torch.inference_mode():
            out = upscaler(batch)
        return _check_kind(out, expected).detach().to(batch.device)  # may be on another device


def check_result(out: object, expected: tuple[int, ...]) -> Tensor:
    """Return a result as a plain float tensor.

    Raises:
        MethodError: It is not a finite float tensor of the expected shape, or far outside [0, 1].
    """
    result = _check_kind(out, expected)
    _check_range(result)
    return result


def _check_kind(out: object, expected: tuple[int, ...]) -> Tensor:
    if not isinstance(out, Tensor):
        raise MethodError(f"returned {type(out).__name__}, expected a torch.Tensor")
    if out.is_nested or out.is_quantized or out.is_meta or out.layout != torch.strided:
        raise MethodError("returned a sparse, nested, quantized or meta tensor, expected a dense one with samples")
    if tuple(out.shape) != expected:
        raise MethodError(f"returned shape {tuple(out.shape)}, expected {expected}")
    if not out.is_floating_point():
        raise MethodError(f"returned {out.dtype} samples, expected floating point in [0, 1]")
    # A lazily negated result has other bytes than values, and float8 has hardly any operations.
    return (out.float() if out.element_size() < _SINGLE else out).resolve_neg()


def _check_range(out: Tensor) -> None:
    try:
        low, high = (float(extreme) for extreme in out.aminmax())  # NaN propagates
    except RuntimeError as error:  # GPU faults surface at the first use of the result
        raise MethodError(f"raised {one_line(error)}") from error
    if not (math.isfinite(low) and math.isfinite(high)):
        raise MethodError("returned NaN or infinite samples, expected finite ones in [0, 1]")
    if low < -_LARGEST_SAMPLE or high > _LARGEST_SAMPLE:
        raise MethodError(f"returned samples in [{low:.3g}, {high:.3g}], expected [0, 1]; divide by 255?")
