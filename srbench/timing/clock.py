"""Timing of a call: warm-up until it is steady, then repeats; on a GPU, between CUDA events."""

import time
from collections.abc import Callable, Sequence
from statistics import mean

Timer = Callable[[Callable[[], object]], float]
"""Calls a function once and returns the time it took, in seconds."""

MIN_REPEATS = 7
_MOST_REPEATS = 200
_STEADY = 0.05
_WINDOW = 2
_SHORTEST_ON_GPU = 1.0
"""Shortest warm-up of a GPU, in seconds: its clocks rise only under load."""


def timer_for(device: str) -> Timer:
    """Return the timer of a device: `perf_counter` on a CPU, CUDA events on a GPUaround the call alone."""
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
    """Call a function at least four times, until two calls in a row take as long as the two before, within 5 %.

    Args:
        call: The function to warm up.
        timer: The device's timer.
        most: Seconds after which to give up.
        least: Seconds for which to continue in any case.

    Returns:
        Whether the times became steady.
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
    """Whether the mean of the later half of some times is within 5 % of the mean of the earlier half."""
    half = len(taken) // 2
    before, after = mean(taken[:half]), mean(taken[half:])
    return bool(abs(after - before) <= _STEADY * before)


def min_warm_up(device: str) -> float:
    """Return the shortest warm-up of a device, in seconds: 0 on a CPU, 1 on a GPU."""
    return 0.0 if device == "cpu" else _SHORTEST_ON_GPU


def repeat(call: Callable[[], object], timer: Timer, seconds: float) -> list[float]:
    """Time a warmed-up call 7 to 200 times, until `seconds` have passed; returns the seconds of each call."""
    taken: list[float] = []
    while len(taken) < MIN_REPEATS or (len(taken) < _MOST_REPEATS and sum(taken) < seconds):
        taken.append(timer(call))
    return taken
