"""Timing a call: warmed up until it is steady, and on a GPU between events on its own queue."""

import time
from collections.abc import Callable, Sequence
from statistics import mean

Timer = Callable[[Callable[[], object]], float]
"""Calls a function once, and says how many seconds it took."""

MIN_REPEATS = 7
_MOST_REPEATS = 200
_STEADY = 0.05
_WINDOW = 2
_SHORTEST_ON_GPU = 1.0
"""Seconds for which a GPU is kept busy first: its clocks rise only under load."""


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


def warm_up(call: Callable[[], object], timer: Timer, most: float, least: float = 0.0) -> bool:
    """Call until two calls in a row take as long as the two before, within 5 %; four times at least.

    Args:
        call: What is timed.
        timer: The device's clock.
        most: Seconds after which it is given up.
        least: Seconds before which it does not count.

    Returns:
        Whether the calls came to take alike.
    """
    taken: list[float] = []
    while True:
        taken.append(timer(call))
        if len(taken) < 2 * _WINDOW:
            continue
        if sum(taken) >= least and alike(taken[-2 * _WINDOW :]):
            return True
        if sum(taken) >= most:
            return False


def alike(taken: Sequence[float]) -> bool:
    """Whether the later half of some calls took as long as the earlier, within 5 % of their means."""
    half = len(taken) // 2
    before, after = mean(taken[:half]), mean(taken[half:])
    return bool(abs(after - before) <= _STEADY * before)


def min_warm_up(device: str) -> float:
    """Seconds a device needs before its clock means anything."""
    return 0.0 if device == "cpu" else _SHORTEST_ON_GPU


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
    while len(taken) < MIN_REPEATS or (len(taken) < _MOST_REPEATS and sum(taken) < seconds):
        taken.append(timer(call))
    return taken
