"""Compiled loops on several cores, prefetching, and splitting of sequences."""

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
"""Fast-math flags for sums whose last digit does not matter; infinities and NaN are preserved."""

_ROWS = 32  # fewest rows per thread; for fewer, starting a thread costs more than it saves
_most = 1 << 16  # largest number of bands; 1 inside `single_core`


def compiled(fastmath: frozenset[str] | None = None) -> Callable[[_F], _F]:
    """Return a decorator that compiles a loop on its first call with new argument types and caches the code.

    Machine code is cached beside the source, else in the user's cache folder; if neither is writable, not at all.

    Args:
        fastmath: See `REASSOCIATED`; by default results are exactly those of the loop as written.
    """
    from numba import njit  # imported here, to keep listing fast

    def compile_it(loop: _F) -> _F:
        options: dict[str, Any] = {
            "nogil": True,
            "error_model": "numpy",
            "fastmath": set(fastmath) if fastmath else False,
        }
        try:
            return cast(_F, njit(cache=True, **options)(loop))
        except RuntimeError:  # numba found no writable folder
            return cast(_F, njit(**options)(loop))

    return compile_it


def plain(array: NDArray[Any], dtype: DTypeLike | None = None) -> NDArray[Any]:
    """Return an array as contiguous and writable, copied if not; another layout would compile a loop anew (1 s)."""
    return np.require(array, dtype, ["C", "W", "A"])


@lru_cache(maxsize=1)
def cores() -> int:
    """Return how many cores this process may use: the least of affinity, cgroup quota and OMP_NUM_THREADS."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with suppress(OSError, ValueError):  # no cgroup file, or its quota is "max"
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        allowed = min(allowed, math.ceil(int(quota) / int(period)))
    asked = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0]  # numbers after a comma are of nested threads
    return min(allowed, int(asked)) if asked.isdecimal() and int(asked) else allowed


@contextmanager
def single_core() -> Iterator[None]:
    """Run compiled loops on one core inside the `with` block, in all threads of the process."""
    global _most
    before, _most = _most, 1
    try:
        yield
    finally:
        _most = before


@lru_cache(maxsize=1)
def _pool() -> ThreadPoolExecutor:
    """Return the thread pool; a forked process starts its own, because threads do not survive a fork."""
    return ThreadPoolExecutor(cores(), thread_name_prefix="srbench-kernel")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)


def banded(work: Callable[[int, int], _R], rows: int) -> list[_R]:
    """Apply a loop to bands of rows in parallel, and return the results in the order of the bands.

    Args:
        work: Called with the first row of a band and the row after its last; should release the GIL.
        rows: Number of rows.
    """
    count = max(1, min(cores(), _most, rows // _ROWS))
    first, *others = pairwise(rows * index // count for index in range(count + 1))
    waiting = [_pool().submit(work, *band) for band in others]
    return [work(*first), *(future.result() for future in waiting)]


def banded_planes(work: Callable[[int, int, int], _R], planes: int, rows: int) -> list[list[_R]]:
    """Apply a loop to bands of rows of several planes in parallel, and return the results of the bands by plane.

    Args:
        work: Called with the index of a plane, the first row of a band in it, and the row after the band's last.
        planes: Number of planes.
        rows: Number of rows of each plane.
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
    """Apply a function to items in background threads, at most `depth` results ahead.

    Args:
        function: Called with one item; exceptions propagate at the item's position.
        items: Consumed as results are taken.
        depth: Largest number of pending results, which bounds the memory.
        threads: Number of threads; two keep a second core busy while the consumer waits.

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
    """Split items into lists of `count`; the last list may be shorter."""
    source = iter(items)
    while chunk := list(islice(source, count)):
        yield chunk


def grouped(items: Sequence[_T], key: Callable[[_T], Any]) -> Iterator[tuple[Any, list[_T]]]:
    """Yield each distinct key with a list of its items, in the order in which the keys first appear."""
    order = list(dict.fromkeys(key(item) for item in items))
    for found, group in groupby(sorted(items, key=lambda item: order.index(key(item))), key=key):
        yield found, list(group)
