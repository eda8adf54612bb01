"""Summary of repeated measurements: median, percentiles, and confidence interval of the median."""

from collections.abc import Sequence

import numpy as np

from srbench.api import Summary

_RESAMPLES = 2000
_SEED = 20240


def summarise(values: Sequence[float]) -> Summary:
    """Return median, 5th and 95th percentile, and the median's 95 % interval, of at least one measurement.

    The interval is the percentile bootstrap: medians of resamples drawn with replacement, seeded.

    Raises:
        ValueError: There are no measurements.

    Source: B. Efron, "Bootstrap methods: another look at the jackknife", 1979, doi:10.1214/aos/1176344552.

    Example:
        >>> summarise([1.0, 2.0, 3.0]).median
        2.0
    """
    if not values:
        raise ValueError("no measurements to summarise; at least one is needed")
    sample = np.asarray(values, dtype=np.float64)
    drawn = np.random.default_rng(_SEED).integers(0, len(sample), (_RESAMPLES, len(sample)))
    low, high = np.percentile(np.median(sample[drawn], axis=1), [2.5, 97.5])
    p5, median, p95 = np.percentile(sample, [5, 50, 95])
    return Summary(float(median), float(p5), float(p95), float(low), float(high), len(sample))
