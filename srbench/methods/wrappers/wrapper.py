"""Wrappers: functions that turn an upscaler into another."""

from collections.abc import Callable
from dataclasses import dataclass

from srbench.api import Scales, Upscaler


@dataclass(frozen=True)
class Wrapping:
    """Arguments of a wrapper.

    Attributes:
        scale: Scale of the wrapped method.
        inner_scale: Scale of the inner upscaler.
        radius: Receptive radius of the inner upscaler in LR pixels; None if not known.
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
    """Turns an inner upscaler into a wrapped one.

    Attributes:
        name: Name after the `+`.
        summary: One line for `srbench list wrappers`.
        wrap: Maps an upscaler at `inner_scale` to one at `scale`.
        scales: Maps the inner method's scales to those of the wrapped one.
        inner_scale: Maps a scale of the wrapped method to the inner method's.
        radius: Maps the inner method's receptive radius to that of the wrapped one, in LR pixels.
        needs_radius: Whether the inner method's receptive radius must be known.
    """

    name: str
    summary: str
    wrap: Callable[[Upscaler, Wrapping], Upscaler]
    scales: Callable[[Scales], Scales] = _same_scales
    inner_scale: Callable[[int, Scales], int] = _same_scale
    radius: Callable[[int, Wrapping], int] = _same_radius
    needs_radius: bool = False
