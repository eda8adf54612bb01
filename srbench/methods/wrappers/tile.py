"""Tiled upscaling of large images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srbench.api import Upscaler
from srbench.errors import RequestError
from srbench.methods.wrappers.wrapper import Wrapping

if TYPE_CHECKING:
    from torch import Tensor

SIDE = 160
"""Side of a tile without overlap, in LR pixels: an EDSR-baseline tile at ×4 then takes about 1 GiB."""


def tile(upscaler: Upscaler, wrapping: Wrapping) -> Upscaler:
    """Upscale tiles that overlap by the receptive radius, and crop the overlap.

    At the image border tiles are not padded, so the result equals that of the whole image up to float32 rounding.

    Raises:
        RequestError: The receptive radius is not known.
    """
    if wrapping.radius is None:
        raise RequestError("+tile needs the receptive radius of a method; give `receptive_radius` in its card")
    halo, scale = wrapping.radius, wrapping.scale

    def upscale(lr: Tensor) -> Tensor:
        height, width = lr.shape[2:]
        out = lr.new_empty((*lr.shape[:2], height * scale, width * scale))
        for top in range(0, height, SIDE):
            for left in range(0, width, SIDE):
                bottom, right = min(top + SIDE, height), min(left + SIDE, width)
                above, before = max(top - halo, 0), max(left - halo, 0)
                piece = upscaler(lr[:, :, above : bottom + halo, before : right + halo].contiguous())
                middle = piece[
                    :,
                    :,
                    (top - above) * scale : (bottom - above) * scale,
                    (left - before) * scale : (right - before) * scale,
                ]
                out[:, :, top * scale : bottom * scale, left * scale : right * scale] = middle
        return out

    return upscale
