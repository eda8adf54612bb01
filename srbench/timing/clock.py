"""Timing a call: warmed up until it is steady, and on a GPU between events on its own queue."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

__all__ = ["LEAST_REPEATS", "Timer", "repeat", "timer_for", "warm_up"]

Timer = Callable[[Callable[[], object]], float]
"""Calls a function once, and says how many seconds it took."""

LEAST_REPEATS = 7
_MOST_REPEATS = 200

_STEADY = 0.05
_WINDOW = 3
_MOST_WARM_UPS = 30


def timer_for(device: str) -> Timer:
    """The clock of a device: the processor's own, or a GPU's events, with nothing else in the window."""
    return _on_processor if device == "cpu" else _on_gpu


def _on_processor(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def _on_gpu(call: Callable[[], object]) -> float:
    import torch

    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]
    torch.cuda.synchronize()
    start.record()
    call()
    end.record()
    end.synchronize()
    return float(start.elapsed_time(end)) / 1000


def warm_up(call: Callable[[], object], timer: Timer, seconds: float) -> int:
    """Call until three calls in a row take as long as the three before, within 5 %.

    Args:
        call: What is timed.
        timer: The device's clock.
        seconds: After which it is taken as it is, but never before the first call has come back.

    Returns:
        How many calls it took.
    """
    taken: list[float] = []
    while len(taken) < _MOST_WARM_UPS and (not taken or sum(taken) < seconds):
        taken.append(timer(call))
        if len(taken) >= 2 * _WINDOW:
            before, after = median(taken[-2 * _WINDOW : -_WINDOW]), median(taken[-_WINDOW:])
            if abs(after - before) <= _STEADY * before:
                break
    return len(taken)


def repeat(call: Callable[[], object], timer: Timer, seconds: float) -> list[float]:
    """Time a call again and again, at least seven times, at most two hundred.

    Args:
        call: What is timed, warmed up.
        timer: The device's clock.
        seconds: After which seven are enough.

    Returns:
        Seconds of each.
    """
    taken: list[float] = []
    while len(taken) < LEAST_REPEATS or (len(taken) < _MOST_REPEATS and sum(taken) < seconds):
        taken.append(timer(call))
    return taken
