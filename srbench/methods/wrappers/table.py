"""The table of wrappers."""

from collections.abc import Mapping
from types import MappingProxyType

from srbench.methods.wrappers.correct import correct
from srbench.methods.wrappers.ensemble import ensemble
from srbench.methods.wrappers.tile import tile
from srbench.methods.wrappers.twice import base_scale, repeated_scales, twice, twice_radius
from srbench.methods.wrappers.wrapper import Wrapper

WRAPPERS: Mapping[str, Wrapper] = MappingProxyType(
    {
        wrapper.name: wrapper
        for wrapper in (
            Wrapper("ensemble", "mean over the eight symmetries of the square; eight times the work", ensemble),
            Wrapper(
                "tile",
                "upscales overlapping tiles: the same result in less memory; needs a receptive radius",
                tile,
                needs_radius=True,
            ),
            Wrapper(
                "twice",
                "applied again to its own result: ×2 twice is ×4, three times ×8",
                twice,
                scales=repeated_scales,
                inner_scale=base_scale,
                radius=twice_radius,
            ),
            Wrapper("correct", "samples far from bilinear interpolation take the interpolated value", correct),
        )
    }
)
"""Wrappers by the name after the `+`."""
