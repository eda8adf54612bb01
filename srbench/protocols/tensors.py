"""Planes a protocol compares, computed on the device that holds the image."""

from typing import cast

import torch
from torch import Tensor

from srbench.api import Planes
from srbench.protocols.colour import LUMA_OFFSET, LUMA_WEIGHTS, YCBCR_OFFSET, YCBCR_TO_RGB
from srbench.protocols.protocol import Protocol, crop_border


def compared_on_device(protocol: Protocol, image: Tensor, scale: int) -> Tensor:
    """Select scored planes as `Protocol.compared` does; uint8 tensor, (3, H, W) RGB or (1, H, W) grey or luma, 0…255.

    Raises:
        ImageError: Nothing is left inside the border.
    """
    scoring = protocol.card.scoring
    inside = cast(Tensor, crop_border(cast(Planes, image), protocol.crop_border(scale)))
    if scoring.planes != "y":
        return inside.expand(3, -1, -1)
    if len(inside) == 1 and protocol.card.grey == "y":
        return inside
    red, green, blue = inside.expand(3, -1, -1).double()
    first, second, third = LUMA_WEIGHTS
    luma: Tensor = (first * red + second * green + third * blue + LUMA_OFFSET)[None]
    return quantise_on_device(luma) if scoring.rounding == "uint8" else luma


def quantise_on_device(image: Tensor) -> Tensor:
    """Round a float64 tensor in 0…255 to uint8, halves up, as `quantise` does."""
    return (image + 0.5).floor().clamp(0, 255).byte()


def ycbcr_to_rgb_on_device(ycbcr: Tensor) -> Tensor:
    """Convert a float64 tensor, (3, H, W), studio-range Y, Cb, Cr, to RGB, as `ycbcr_to_rgb` does."""
    inverse, offset = (torch.from_numpy(constant).to(ycbcr.device) for constant in (YCBCR_TO_RGB, YCBCR_OFFSET))
    rgb: Tensor = torch.tensordot(inverse, ycbcr - offset, dims=1)
    return rgb
