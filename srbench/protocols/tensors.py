"""Planes a protocol compares, computed on the device that holds the image."""

from typing import cast

import torch
from torch import Tensor

from srbench.api import Planes
from srbench.protocols.colour import LUMA_OFFSET, LUMA_WEIGHTS, YCBCR_OFFSET, YCBCR_TO_RGB
from srbench.protocols.protocol import Protocol, crop_border


def compared_on_device(protocol: Protocol, image: Tensor, scale: int) -> Tensor:
    """`Protocol.compared` for a tensor: uint8, (3, H, W) RGB or (1, H, W) grey or luma, 0…255; same samples returned.

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
    """`quantise` for a tensor: float64, 0…255, to uint8, rounding halves up."""
    return (image + 0.5).floor().clamp(0, 255).byte()


def ycbcr_to_rgb_on_device(ycbcr: Tensor) -> Tensor:
    """`ycbcr_to_rgb` for a tensor: float64, (3, H, W), planes Y, Cb, Cr in studio range, to RGB."""
    inverse, offset = (torch.from_numpy(constant).to(ycbcr.device) for constant in (YCBCR_TO_RGB, YCBCR_OFFSET))
    rgb: Tensor = torch.tensordot(inverse, ycbcr - offset, dims=1)
    return rgb
