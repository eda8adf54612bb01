"""Training losses, one per file."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from srbench_models.training.losses.l1 import l1

__all__ = ["LOSSES", "l1"]

LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {"l1": l1}
"""Loss by the name recipes use."""
