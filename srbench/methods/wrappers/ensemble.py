"""Geometric self-ensemble."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srbench.api import Upscaler
from srbench.methods.wrappers.wrapper import Wrapping

if TYPE_CHECKING:
    from torch import Tensor


def ensemble(upscaler: Upscaler, wrapping: Wrapping) -> Upscaler:
    """Average the results for the eight rotations and reflections of the input, each transformed back.

    Source: R. Timofte et al., "Seven Ways to Improve Example-Based Single Image Super Resolution", CVPR 2016,
    arXiv:1511.02228, section 3.6; "EDSR+" of B. Lim et al., 2017, arXiv:1707.02921, section 3.4.
    """

    def upscale(lr: Tensor) -> Tensor:
        total = upscaler(lr)
        for symmetry in range(1, 8):
            turns, mirrored = symmetry % 4, symmetry >= 4
            turned = lr.rot90(turns, (2, 3))
            result = upscaler((turned.flip(3) if mirrored else turned).contiguous())
            total = total + (result.flip(3) if mirrored else result).rot90(-turns, (2, 3))
        return total / 8

    return upscale
