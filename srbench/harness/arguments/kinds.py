"""Kinds of values: each function returns a value in one form, or raises UnfitError."""

import operator
import os
from collections.abc import Callable, Iterable, Mapping, Set
from typing import Any, TypeVar, get_args

import numpy as np

from srbench.api import Metric, Size
from srbench.harness.arguments.argument import UnfitError, shown

__all__ = [
    "boolean",
    "callback",
    "choice",
    "crop",
    "integer",
    "method",
    "metric",
    "name",
    "names",
    "optional",
    "several",
    "sizes",
    "text",
    "timing",
]
_T = TypeVar("_T")
_Reader = Callable[[object], _T]


def text(value: object) -> str:
    """Text that tables and messages can print; may be empty."""
    if not isinstance(value, str):
        raise UnfitError
    if not value.isprintable():  # NUL, line ends and what is not UTF-8 are not
        raise UnfitError("leave out the characters that cannot be printed")
    return str(value)


def name(value: object) -> str:
    """Text that is not empty."""
    found = text(value)
    if not found.strip():
        raise UnfitError
    return found


def method(value: object) -> str | Callable[..., Any]:
    """A method's name, or a function."""
    return value if callable(value) else name(value)


def metric(value: object) -> str | Metric:
    """A metric's name, or a `Metric`."""
    if callable(value) and not isinstance(value, Metric):
        raise UnfitError("write srbench.Metric(…, function=f) for a function f")
    return value if isinstance(value, Metric) else name(value)


def integer(least: int, most: int | None = None) -> _Reader[int]:
    """Return a reader of whole numbers of any type, from `least` to `most`."""

    def read(value: object) -> int:
        if isinstance(value, bool):
            raise UnfitError
        try:
            number = operator.index(value)  # type: ignore[arg-type]  # raises TypeError for what is no whole number
        except TypeError:
            raise UnfitError from None
        if number < least or (most is not None and number > most):
            raise UnfitError
        return number

    return read


def boolean(value: object) -> bool:
    """True or False; other values that Python takes for true, such as a text, are refused."""
    if not isinstance(value, bool | np.bool_):
        raise UnfitError
    return bool(value)


def choice(literal: Any) -> _Reader[Any]:
    """Return a reader of one of the texts of a `Literal` type."""

    def read(value: object) -> Any:
        if not isinstance(value, str) or value not in get_args(literal):
            raise UnfitError
        return str(value)

    return read


def callback(value: object) -> Callable[..., Any]:
    """A function."""
    if not callable(value):
        raise UnfitError
    return value


def optional(read: _Reader[_T]) -> _Reader[_T | None]:
    """Return a reader that also accepts None."""
    return lambda value: None if value is None else read(value)


def several(read: _Reader[_T]) -> _Reader[tuple[_T, ...]]:
    """Return a reader of one value, or of an ordered collection of them, as a tuple."""
    return lambda value: (read(value),) if (items := _items(value)) is None else _all(read, items)


def names(read: _Reader[_T]) -> _Reader[tuple[_T, ...]]:
    """Return a reader as `several` does; one text of several names, separated by commas, is told to be a list."""

    def read_all(value: object) -> tuple[_T, ...]:
        # A folder, a file or a variant after a colon may have a comma in its name.
        if isinstance(value, str) and "," in value and not any(sign in value for sign in "/\\:"):
            raise UnfitError(f"write {[item.strip() for item in value.split(',')]}")
        return several(read)(value)

    return read_all


def size(value: object) -> Size:
    """Width and height, in pixels."""
    found = _all(integer(1), _items(value) or ())
    if len(found) != 2:
        raise UnfitError
    return found[0], found[1]


def sizes(value: object) -> tuple[Size, ...]:
    """A list of sizes, each once."""
    items = _items(value)
    if not items:
        raise UnfitError
    if len(items) == 2 and not any(isinstance(item, Iterable) for item in items):
        raise UnfitError(f"write [{items}]")
    found = _all(size, items)
    if len(set(found)) < len(found):
        raise UnfitError("name each size once")
    return found


def timing(value: object) -> bool | tuple[Size, ...]:
    """True, False, or the sizes to time."""
    return boolean(value) if isinstance(value, bool | np.bool_) else sizes(value)


def crop(value: object) -> str:
    """Text, or four whole numbers, which become `x,y,w,h`."""
    items = _items(value)
    if items is None:
        return name(value)
    if len(items) != 4:
        raise UnfitError
    return ",".join(str(number) for number in _all(integer(0), items))


def _items(value: object) -> tuple[object, ...] | None:
    """Items of an ordered collection; None for a single value, such as a network, which may be iterable too."""
    if (
        isinstance(value, (str, bytes, os.PathLike, Mapping, Set, Metric))
        or callable(value)
        or not isinstance(value, Iterable)
    ):
        return None
    try:
        return tuple(value)
    except TypeError:  # an array without dimensions
        return None


def _all(read: _Reader[_T], items: Iterable[object]) -> tuple[_T, ...]:
    return tuple(_item(read, number, item) for number, item in enumerate(items, start=1))


def _item(read: _Reader[_T], number: int, item: object) -> _T:
    try:
        return read(item)
    except UnfitError as advice:
        more = f"; {advice}" if str(advice) else ""
        raise UnfitError(f"item {number} is {shown(item)}{more}") from None
