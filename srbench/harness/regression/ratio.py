"""A case's time over its calibration's, in one process."""

import time

from srbench.api import Summary
from srbench.harness.regression.cases import Call, Case
from srbench.timing import summarise

__all__ = ["measure"]
_LEAST_SECONDS = 0.004
"""A sample is as many calls as take this long, so that the clock and the interpreter do not count."""


def measure(case: Case, rounds: int) -> Summary:
    """The case's time over its calibration's.

    Each round times the calibration before and after the case, and divides by their mean, so that a drift of the
    machine cancels.

    Args:
        case: Which.
        rounds: How many.
    """
    case.call()
    case.calibration()
    calls, divisions = _enough(case.call), _enough(case.calibration)
    ratios: list[float] = []
    before = _seconds(case.calibration, divisions)
    for _ in range(rounds):
        taken = _seconds(case.call, calls)
        after = _seconds(case.calibration, divisions)
        ratios.append(2 * taken / (before + after))
        before = after
    return summarise(ratios)


def _enough(call: Call) -> int:
    """Calls that take long enough together."""
    taken = min(_seconds(call, 1) for _ in range(3))
    return max(1, round(_LEAST_SECONDS / taken))


def _seconds(call: Call, times: int) -> float:
    start = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - start) / times
