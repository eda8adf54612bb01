"""The card of a metric: how its values are read, and what computes them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from srbench.api import RESERVED_COLUMNS, MetricInfo
from srbench.cards.fields import Name, Strict, Target, Text


class MetricCard(Strict):
    """A metric of a result and its HR, in the planes and inside the border that the protocol compares."""

    name: Name
    summary: Text
    unit: str
    """`dB`, `8-bit levels`, or empty for a pure number."""
    higher_is_better: bool
    decimals: Annotated[int, Field(ge=0, le=9)]
    """Digits after the point in tables for people."""
    formula: Target | None = None
    """`module:attribute`, a function of an ImagePair."""
    factory: Target | None = None
    """In place of that, a MetricFactory: for a metric that loads something first."""
    licence: Text
    source: Text

    @model_validator(mode="after")
    def _one_way_to_compute(self) -> MetricCard:
        if (self.formula is None) == (self.factory is None):
            raise ValueError("give either `formula` or `factory`")
        if self.name in RESERVED_COLUMNS:
            raise ValueError(f"{self.name!r} is another column of a leaderboard; choose another name")
        return self

    @property
    def info(self) -> MetricInfo:
        """How its values are read."""
        return MetricInfo(self.name, self.unit, self.higher_is_better, self.decimals, self.summary)
