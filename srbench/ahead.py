"""Work done one or two items ahead of whoever uses it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

__all__ = ["ahead"]

_T = TypeVar("_T")
_R = TypeVar("_R")


def ahead(function: Callable[[_T], _R], items: Iterable[_T], depth: int, threads: int = 2) -> Generator[_R]:
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
