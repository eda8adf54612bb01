"""Loops compiled and spread over the processor's cores, items prepared ahead of their use, and sequences in batches."""

import math
import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import lru_cache
from itertools import groupby, islice, pairwise
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import DTypeLike, NDArray

__all__ = [
    "REASSOCIATED",
    "banded",
    "banded_planes",
    "chunks",
    "compiled",
    "cores",
    "grouped",
    "plain",
    "prefetch",
    "single_core",
]

_F = TypeVar("_F", bound=Callable[..., Any])
_R = TypeVar("_R")
_T = TypeVar("_T")
REASSOCIATED = frozenset({"contract", "reassoc", "nsz", "arcp"})
"""Freedoms a compiler may take with a sum whose last digit does not matter; infinities and NaN stay what they are."""

_ROWS = 32
"""Rows that are worth a thread's while."""

_most = 1 << 16
"""Bands that work may be cut into at present."""


def compiled(fastmath: frozenset[str] | None = None) -> Callable[[_F], _F]:
    """Compile when first called with new types, and keep the machine code on disk for the next process.

    It is kept beside the source, or in the user's cache folder where that cannot be written; where neither can, it is
    compiled anew in each process.

    Args:
        fastmath: See `REASSOCIATED`; without it the result is that of the loop as written, to the last bit.
    """
    from numba import njit  # here, because listing must not wait for a compiler

    def compile_it(loop: _F) -> _F:
        options: dict[str, Any] = {
            "nogil": True,
            "error_model": "numpy",
            "fastmath": set(fastmath) if fastmath else False,
        }
        try:
            return cast(_F, njit(cache=True, **options)(loop))
        except RuntimeError:  # numba found no folder that it can write
            return cast(_F, njit(**options)(loop))

    return compile_it


def plain(array: NDArray[Any], dtype: DTypeLike | None = None) -> NDArray[Any]:
    """The array, or a copy, as loops are compiled for it: contiguous and writable. Each other kind costs a second."""
    return np.require(array, dtype, ["C", "W", "A"])


@lru_cache(maxsize=1)
def cores() -> int:
    """Cores this process may use: its affinity and its control group's quota, no more than OMP_NUM_THREADS says."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with suppress(OSError, ValueError):  # there is none, or it is "max"
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        allowed = min(allowed, math.ceil(int(quota) / int(period)))
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return max(1, min(allowed, int(asked))) if asked.isdigit() else allowed


@contextmanager
def single_core() -> Iterator[None]:
    """Run loops on one core while the block lasts, in every thread."""
    global _most  # of the process, as the pool is
    before, _most = _most, 1
    try:
        yield
    finally:
        _most = before


@lru_cache(maxsize=1)
def _pool() -> ThreadPoolExecutor:
    """Started when first used; a forked process has none of its parent's threads, and starts its own."""
    return ThreadPoolExecutor(cores(), thread_name_prefix="srbench-kernel")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)


def banded(work: Callable[[int, int], _R], rows: int) -> list[_R]:
    """Apply a loop to bands of rows, side by side.

    Args:
        work: Takes the first row and the one after the last; must let go of Python's lock to gain anything.
        rows: How many there are.

    Returns:
        What each band returned, in their order.
    """
    count = max(1, min(cores(), _most, rows // _ROWS))
    first, *others = pairwise(rows * index // count for index in range(count + 1))
    waiting = [_pool().submit(work, *band) for band in others]
    return [work(*first), *(future.result() for future in waiting)]


def banded_planes(work: Callable[[int, int, int], _R], planes: int, rows: int) -> list[list[_R]]:
    """Apply a loop to bands of rows of several planes, side by side; the bands of all planes are dealt out at once.

    Args:
        work: Takes the plane, its first row and the one after the last.
        planes: How many there are.
        rows: Of each.

    Returns:
        What the bands of each plane returned.
    """

    def several(start: int, stop: int) -> list[tuple[int, _R]]:
        done: list[tuple[int, _R]] = []
        for plane in range(start // rows, (stop - 1) // rows + 1):
            first, last = max(start - plane * rows, 0), min(stop - plane * rows, rows)
            done.append((plane, work(plane, first, last)))
        return done

    by_plane: list[list[_R]] = [[] for _ in range(planes)]
    for plane, result in (item for band in banded(several, planes * rows) for item in band):
        by_plane[plane].append(result)
    return by_plane


def prefetch(function: Callable[[_T], _R], items: Iterable[_T], depth: int, threads: int = 2) -> Generator[_R]:
    """Apply a function to items in threads of its own, at most `depth` results ahead.

    Args:
        function: What it raises is raised where its result would have come.
        items: Taken as results are.
        depth: Results that are made or wait at once; with the one in use this bounds the memory.
        threads: Which make them; two keep a second core busy when whoever uses the results waits.

    Yields:
        The results, in the order of the items.
    """
    source = iter(items)
    with ThreadPoolExecutor(threads, thread_name_prefix="srbench-ahead") as thread:
        waiting: deque[Future[_R]] = deque(thread.submit(function, item) for item in islice(source, depth))
        try:
            while waiting:
                result = waiting.popleft().result()
                waiting.extend(thread.submit(function, item) for item in islice(source, 1))
                yield result
        finally:
            for future in waiting:
                future.cancel()


def chunks(items: Iterable[_T], count: int) -> Iterator[list[_T]]:
    """Lists of `count` items, the last perhaps shorter."""
    source = iter(items)
    while chunk := list(islice(source, count)):
        yield chunk


def grouped(items: Sequence[_T], key: Callable[[_T], Any]) -> Iterator[tuple[Any, list[_T]]]:
    """Group by key, keeping the order of first appearance."""
    order = list(dict.fromkeys(key(item) for item in items))
    for found, group in groupby(sorted(items, key=lambda item: order.index(key(item))), key=key):
        yield found, list(group)
