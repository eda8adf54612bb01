"""Protocols: how LR is made, and on what a result is scored. A card per protocol lies in `cards/`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import lazy_loader

from srbench.protocols.colour import luma, rgb_to_ycbcr, ycbcr_to_rgb
from srbench.protocols.find import find_protocols
from srbench.protocols.protocol import DegradationRule, Protocol, crop_border, quantise, quantise_checked
from srbench.protocols.resize import imresize, modcrop, resample_taps

if TYPE_CHECKING:
    from srbench.protocols.tensors import quantise_on_device, ycbcr_to_rgb_on_device
else:  # what needs torch, pandas or matplotlib is imported when it is first used
    __getattr__, *_ = lazy_loader.attach(
        __name__, submod_attrs={"tensors": ["quantise_on_device", "ycbcr_to_rgb_on_device"]}
    )

__all__ = [
    "DegradationRule",
    "Protocol",
    "crop_border",
    "find_protocols",
    "imresize",
    "luma",
    "modcrop",
    "quantise",
    "quantise_checked",
    "quantise_on_device",
    "resample_taps",
    "rgb_to_ycbcr",
    "ycbcr_to_rgb",
    "ycbcr_to_rgb_on_device",
]
