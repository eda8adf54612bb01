"""What an argument accepts, and the error for anything else."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Generic, ParamSpec, TypeVar

from srbench.errors import RequestError

__all__ = ["Argument", "UnfitError", "checked", "shown"]
_P = ParamSpec("_P")
_R = TypeVar("_R")
_T = TypeVar("_T")
_MOST_CHARACTERS = 80


class UnfitError(Exception):
    """A value does not fit its argument; the text, which may be empty, says what to write instead."""


@dataclass(frozen=True)
class Argument(Generic[_T]):
    """What an argument accepts.

    Attributes:
        expected: Accepted values in words, with an example.
        read: Returns a value in the one form that is used from here on; raises UnfitError for values of another kind.
    """

    expected: str
    read: Callable[[object], _T]

    def of(self, name: str, value: object) -> _T:
        """Read the value of an argument called `name`.

        Raises:
            RequestError: The value is of another kind; the message shows it and what is expected.
        """
        try:
            return self.read(value)
        except UnfitError as advice:
            more = f"; {advice}" if str(advice) else ""
            raise RequestError(f"{name}={shown(value)}: expected {self.expected}{more}") from None


def checked(**arguments: Argument[Any]) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """Return a decorator by which a function gets its arguments as read by the given `Argument`s, by parameter name."""

    def check(function: Callable[_P, _R]) -> Callable[_P, _R]:
        signature = inspect.signature(function)

        @wraps(function)
        def call(*given: _P.args, **named: _P.kwargs) -> _R:
            bound = signature.bind(*given, **named)
            for name in arguments.keys() & bound.arguments.keys():
                bound.arguments[name] = arguments[name].of(name, bound.arguments[name])
            return function(*bound.args, **bound.kwargs)

        return call

    return check


def shown(value: object) -> str:
    """Return a value as Python writes it, on one line that any terminal prints, shortened if long."""
    try:
        text = " ".join(repr(value).split())
    except Exception:  # noqa: BLE001  # third-party objects may raise anything
        text = f"<{type(value).__name__}>"
    text = text.encode(errors="backslashreplace").decode()
    return text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]}…"
