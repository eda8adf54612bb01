"""Protocols: how LR is made and on what a result is scored. A card per protocol lies in `cards/`."""

from __future__ import annotations

from srbench.protocol.colour import luma, rgb_to_ycbcr, ycbcr_to_rgb
from srbench.protocol.protocol import DegradationRule, Protocol, crop_border, quantise
from srbench.protocol.resize import imresize, modcrop, resample_taps

__all__ = [
    "DegradationRule",
    "Protocol",
    "crop_border",
    "imresize",
    "luma",
    "modcrop",
    "quantise",
    "resample_taps",
    "rgb_to_ycbcr",
    "ycbcr_to_rgb",
]
