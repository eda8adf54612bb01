"""Classifiers that look at results: found, loaded, and their predictions on HR kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import lazy_loader

from srbench.classifiers.find import find_classifiers

if TYPE_CHECKING:
    from srbench.classifiers.panel import load_panel
else:  # what needs torch, pandas or matplotlib is imported when it is first used
    __getattr__, *_ = lazy_loader.attach(__name__, submod_attrs={"panel": ["load_panel"]})

__all__ = ["find_classifiers", "load_panel"]
