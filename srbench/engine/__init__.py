"""Engines: from a plan's cells to records."""

from __future__ import annotations

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from srbench.engine.engine import Advance, Engine, Settings
    from srbench.engine.inputs import decode, prepared
    from srbench.engine.local import run_plan
    from srbench.engine.records import scored
    from srbench.engine.work import Decoded
else:  # what needs torch, pandas or matplotlib is imported when it is first used
    __getattr__, *_ = lazy_loader.attach(
        __name__,
        submod_attrs={
            "engine": ["Advance", "Engine", "Settings"],
            "inputs": ["decode", "prepared"],
            "local": ["run_plan"],
            "records": ["scored"],
            "work": ["Decoded"],
        },
    )

__all__ = ["Advance", "Decoded", "Engine", "Settings", "decode", "prepared", "run_plan", "scored"]
