"""What a protocol compares of an image, on the device where the image lies."""

from __future__ import annotations

from typing import cast

from torch import Tensor

from srbench.protocol.colour import LUMA_OFFSET, LUMA_WEIGHTS
from srbench.protocol.protocol import Planes, Protocol, crop_border

__all__ = ["compared_on_device"]


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
    return (luma + 0.5).floor().clamp(0, 255).byte() if scoring.rounding == "uint8" else luma
