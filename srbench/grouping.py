"""Sequences cut into pieces that keep their order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby, islice
from typing import Any, TypeVar

__all__ = ["chunks", "grouped"]

_T = TypeVar("_T")


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
