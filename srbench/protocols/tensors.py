"""What a protocol compares of an image, on the device where the image lies."""

from typing import cast

import torch
from torch import Tensor

from srbench.api import Planes
from srbench.protocols.colour import LUMA_OFFSET, LUMA_WEIGHTS, YCBCR_OFFSET, YCBCR_TO_RGB
from srbench.protocols.protocol import Protocol, crop_border


def compared_on_device(protocol: Protocol, image: Tensor, scale: int) -> Tensor:
    """`Protocol.compared` of a tensor.

    Args:
        protocol: Which.
        image: uint8, (3, H, W) RGB, (1, H, W) grey or luma; 0…255.
        scale: Upscaling factor.

    Returns:
        uint8 or float64, (C, H', W'): the same samples as of an array.

    Raises:
        ImageError: Nothing is left inside the border.
    """
    scoring = protocol.card.scoring
    # Only sliced, which a tensor understands as an array does.
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
    """`quantise` of a tensor: float64, 0…255, to uint8, halves up."""
    return (image + 0.5).floor().clamp(0, 255).byte()


def ycbcr_to_rgb_on_device(ycbcr: Tensor) -> Tensor:
    """`ycbcr_to_rgb` of a tensor: float64, (3, H, W), planes Y, Cb, Cr in studio range, to RGB."""
    inverse, offset = (torch.from_numpy(constant).to(ycbcr.device) for constant in (YCBCR_TO_RGB, YCBCR_OFFSET))
    rgb: Tensor = torch.tensordot(inverse, ycbcr - offset, dims=1)
    return rgb
