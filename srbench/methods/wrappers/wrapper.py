"""What a wrapper is, and what it is told about the method it wraps."""

from collections.abc import Callable
from dataclasses import dataclass

from srbench.api import Scales, Upscaler


@dataclass(frozen=True)
class Wrapping:
    """What a wrapper is told.

    Attributes:
        scale: The factor asked of the whole.
        inner_scale: The factor of the upscaler that is wrapped.
        radius: Its receptive radius in LR pixels; None if it is not known.
    """

    scale: int
    inner_scale: int
    radius: int | None


def _same_scales(scales: Scales) -> Scales:
    return scales


def _same_scale(scale: int, _: Scales) -> int:
    return scale


def _same_radius(radius: int, _: Wrapping) -> int:
    return max(radius, 1)


@dataclass(frozen=True)
class Wrapper:
    """Turns an upscaler into another.

    Attributes:
        name: What follows the `+`.
        summary: One line for `srbench list wrappers`.
        wrap: From an upscaler at `inner_scale` to one at `scale`.
        scales: From the scales of a method to those of the wrapped one.
        inner_scale: Which of a method's scales a factor is made of.
        radius: From a method's receptive radius to that of the wrapped one.
        needs_radius: Whether it needs a method whose receptive radius is known.
    """

    name: str
    summary: str
    wrap: Callable[[Upscaler, Wrapping], Upscaler]
    scales: Callable[[Scales], Scales] = _same_scales
    inner_scale: Callable[[int, Scales], int] = _same_scale
    radius: Callable[[int, Wrapping], int] = _same_radius
    needs_radius: bool = False
