"""Repeated application of a method to its own result."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from srbench.api import Scales, Upscaler
from srbench.methods.wrappers.wrapper import Wrapping

if TYPE_CHECKING:
    from torch import Tensor

_LARGEST = 16


def twice(upscaler: Upscaler, wrapping: Wrapping) -> Upscaler:
    """Apply an upscaler repeatedly until its scales multiply to the requested one, clipping to [0, 1] in between."""
    passes = _passes(wrapping)

    def upscale(lr: Tensor) -> Tensor:
        for number in range(passes):
            lr = upscaler(lr.clamp(0, 1) if number else lr)
        return lr

    return upscale


def repeated_scales(scales: Scales) -> Scales:
    """Return the second to fourth powers of a method's scales, up to 16."""
    bases = range(2, 5) if scales == "any" else scales
    powers: set[int] = {base**power for base in bases for power in (2, 3, 4)}
    return tuple(sorted(power for power in powers if power <= _LARGEST))


def base_scale(scale: int, scales: Scales) -> int:
    """Return the smallest of a method's scales of which `scale` is a power."""
    bases = range(2, 5) if scales == "any" else sorted(scales)
    base: int = next(base for base in bases if scale in repeated_scales((base,)))
    return base


def twice_radius(radius: int, wrapping: Wrapping) -> int:
    """Return the sum of the radii of all passes in LR pixels; later passes see larger images, so theirs count less."""
    return max(1, sum(math.ceil(radius / float(wrapping.inner_scale) ** number) for number in range(_passes(wrapping))))


def _passes(wrapping: Wrapping) -> int:
    return round(math.log(wrapping.scale, wrapping.inner_scale))
