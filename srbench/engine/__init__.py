"""Engines: from a plan's cells to records."""

from __future__ import annotations

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from srbench.engine.engine import Conditions
    from srbench.engine.inputs import decode, degrade
    from srbench.engine.local import run_plan
else:  # what needs torch, pandas or matplotlib is imported when it is first used
    __getattr__, *_ = lazy_loader.attach(
        __name__, submod_attrs={"engine": ["Conditions"], "inputs": ["decode", "degrade"], "local": ["run_plan"]}
    )

__all__ = ["Conditions", "decode", "degrade", "run_plan"]
