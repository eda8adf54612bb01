"""Repeated measurements as a median with what surrounds it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["LARGEST_SPREAD", "Summary", "summarise"]

LARGEST_SPREAD = 0.20
"""Of the median: where 5th and 95th percentile lie further apart, the figure is marked wherever it is printed."""

_RESAMPLES = 2000
_SEED = 20240


@dataclass(frozen=True)
class Summary:
    """Of repeated measurements, in their unit.

    Attributes:
        median: The middle one.
        p5: The 5th percentile.
        p95: The 95th percentile.
        low: Lower end of the 95 % bootstrap interval of the median.
        high: Upper end of it.
        count: Measurements.
    """

    median: float
    p5: float
    p95: float
    low: float
    high: float
    count: int

    @property
    def spread(self) -> float:
        """Distance of the percentiles over the median."""
        return (self.p95 - self.p5) / self.median

    @property
    def steady(self) -> bool:
        """Whether the spread is small enough to print the figure without a mark."""
        return self.spread <= LARGEST_SPREAD


def summarise(values: Sequence[float]) -> Summary:
    """Summarise measurements.

    The interval is the percentile bootstrap: medians of resamples drawn with replacement, seeded.

    Args:
        values: At least one, positive.

    Raises:
        ValueError: There are none.

    Source: B. Efron, "Bootstrap methods: another look at the jackknife", 1979, doi:10.1214/aos/1176344552.

    Example:
        >>> summarise([1.0, 2.0, 3.0]).median
        2.0
    """
    if not values:
        raise ValueError("no measurements to summarise")
    sample = np.asarray(values, dtype=np.float64)
    drawn = np.random.default_rng(_SEED).integers(0, len(sample), (_RESAMPLES, len(sample)))
    low, high = np.percentile(np.median(sample[drawn], axis=1), [2.5, 97.5])
    p5, median, p95 = np.percentile(sample, [5, 50, 95])
    return Summary(float(median), float(p5), float(p95), float(low), float(high), len(sample))
