"""Wrappers: what a `+name` after a method does with it. They compose from left to right."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from srbench.wrappers.correct import correct
from srbench.wrappers.ensemble import ensemble
from srbench.wrappers.tile import tile
from srbench.wrappers.twice import base_scale, repeated_scales, twice, twice_reach
from srbench.wrappers.wrapper import Scales, Wrapper, Wrapping

__all__ = ["WRAPPERS", "Scales", "Wrapper", "Wrapping"]

WRAPPERS: Mapping[str, Wrapper] = MappingProxyType(
    {
        wrapper.name: wrapper
        for wrapper in (
            Wrapper("ensemble", "mean over the eight symmetries of the square; eight times the work", ensemble),
            Wrapper(
                "tile",
                "piece by piece with overlap: the same result in bounded memory; needs a method whose reach is known",
                tile,
                needs_reach=True,
            ),
            Wrapper(
                "twice",
                "applied again to its own result: ×2 twice is ×4, three times ×8",
                twice,
                scales=repeated_scales,
                inner_scale=base_scale,
                reach=twice_reach,
            ),
            Wrapper("correct", "samples far from bilinear interpolation are replaced by it", correct),
        )
    }
)
"""Every wrapper by what follows the `+`."""
