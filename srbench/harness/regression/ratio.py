"""A case's time over its calibration's, in one process."""

import time

from srbench.api import Summary
from srbench.harness.regression.cases import Call, Case
from srbench.timing import summarise

__all__ = ["measure"]
_LEAST_SECONDS = 0.004
"""Minimum duration of a sample, which makes the cost of clock and interpreter negligible."""


def measure(case: Case, rounds: int) -> Summary:
    """Measure the ratio of a case's time to its calibration's over a number of rounds.

    Each round times the calibration before and after the case and divides by their mean: slow clock changes cancel.
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
    taken = min(_seconds(call, 1) for _ in range(3))
    return max(1, round(_LEAST_SECONDS / taken))


def _seconds(call: Call, times: int) -> float:
    start = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - start) / times
