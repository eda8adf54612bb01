"""Large images piece by piece."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srbench.api import Upscaler
from srbench.errors import RequestError
from srbench.methods.wrappers.wrapper import Wrapping

if TYPE_CHECKING:
    from torch import Tensor

SIDE = 160
"""Of a tile without its overlap, in LR pixels: an EDSR-baseline tile at ×4 then takes about 1 GiB."""


def tile(upscaler: Upscaler, wrapping: Wrapping) -> Upscaler:
    """Upscale tiles with as much of their surroundings as the method looks at, and keep the middles.

    At the image's own border a tile has no surroundings either, so that each sample sees what it would see in the
    whole image: the result differs only by the rounding of float32.

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
