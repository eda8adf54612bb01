"""How fast a method is: measuring, and nothing else. Never from a scoring pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import lazy_loader

from srbench.timing.summary import summarise

if TYPE_CHECKING:
    from srbench.timing.conditions import processor_name, surroundings
    from srbench.timing.measure import time_method
else:  # what needs torch, pandas or matplotlib is imported when it is first used
    __getattr__, *_ = lazy_loader.attach(
        __name__, submod_attrs={"conditions": ["processor_name", "surroundings"], "measure": ["time_method"]}
    )

__all__ = ["processor_name", "summarise", "surroundings", "time_method"]
