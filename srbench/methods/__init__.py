"""Methods: a card's upscaler, a user's function, finished images, or any of them wrapped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import lazy_loader

from srbench.methods.find import Weights, find_method, find_methods, free_name, named_files
from srbench.methods.sources.finished import FinishedImages
from srbench.methods.wrappers.table import WRAPPERS

if TYPE_CHECKING:
    from srbench.methods.runtimes.device import resolve_device, resolve_inference, tune
    from srbench.methods.runtimes.network import network_of
    from srbench.methods.upscale import check_result, upscale_planes
else:  # what needs torch, pandas or matplotlib is imported when it is first used
    __getattr__, *_ = lazy_loader.attach(
        __name__,
        submod_attrs={
            "runtimes.device": ["resolve_device", "resolve_inference", "tune"],
            "runtimes.network": ["network_of"],
            "upscale": ["check_result", "upscale_planes"],
        },
    )

__all__ = [
    "WRAPPERS",
    "FinishedImages",
    "Weights",
    "check_result",
    "find_method",
    "find_methods",
    "free_name",
    "named_files",
    "network_of",
    "resolve_device",
    "resolve_inference",
    "tune",
    "upscale_planes",
]
