"""Metrics: pure functions of two images, and how their values are read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Metric"]


@dataclass(frozen=True)
class Metric:
    """A pure function of two images, and how to read its value.

    Attributes:
        name: As used on the command line and as a column.
        function: (sr, hr) to a number; both uint8 or float64, (C, H, W), 0…255. May raise UndefinedMetricError.
        formula: The same, of a `srbench.metrics.comparison.Comparison`, so that metrics share what they have in common.
        unit: `dB`, `8-bit levels`, or empty for a pure number.
        higher_is_better: Which way tables sort.
        decimals: Digits after the point in tables for people; files keep six.
        summary: One line for `srbench list metrics`.
    """

    name: str
    function: Callable[[NDArray[Any], NDArray[Any]], float]
    formula: Callable[[Any], float]
    unit: str
    higher_is_better: bool
    decimals: int
    summary: str

    @property
    def label(self) -> str:
        """The name as people write it, such as `MS-SSIM`."""
        return self.name.upper().replace("_", "-")

    @property
    def short_unit(self) -> str:
        """What follows a figure in a table: a space and dB, or nothing."""
        return " dB" if self.unit == "dB" else ""
