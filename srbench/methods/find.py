"""From what a user wrote to a method."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from srbench.errors import RequestError, UnknownNameError
from srbench.methods.card import CardMethod
from srbench.methods.function import callable_name, function_method
from srbench.methods.method import Method
from srbench.methods.userfile import method_from_file
from srbench.registry import Registry, suggest

__all__ = ["find_method", "free_name"]


def free_name(name: str, cards: Registry) -> str:
    """A name for a row that is no card's.

    Raises:
        RequestError: It is a card's name, or has letters that tables and file names should not.
    """
    if not re.fullmatch(r"[\w.+-]+", name):
        raise RequestError(f"{name!r} cannot name a row; use letters, digits and . _ + -")
    if name in cards.methods:
        raise RequestError(f"{name!r} is the name of a method; choose another for your own")
    return name


def find_method(spec: str | Callable[..., Any], cards: Registry) -> Method:
    """Resolve what a user wrote.

    Args:
        spec: A card's name, `name@weights`, `./file.py:function`, or (in Python) a callable taking `(lr)` or
            `(lr, scale)`.
        cards: Where names are looked up.

    Raises:
        UnknownNameError: No card, or no weights, of this name.
        RequestError: The file or the function in it cannot be used.
    """
    if not isinstance(spec, str):
        return function_method(free_name(callable_name(spec), cards), spec, {"call": uuid.uuid4().hex})
    path, colon, attribute = spec.rpartition(":")
    if colon and path.endswith(".py"):
        return method_from_file(Path(path).expanduser(), attribute)
    if spec.endswith(".py"):
        raise RequestError(f"{spec}: which function of it? Write {spec}:function")
    name, at, weights = spec.partition("@")
    entry = cards.method(name)
    known = {item.name for item in entry.card.weights}
    if at and weights not in known:
        has = ", ".join(sorted(known)) or "none"
        raise UnknownNameError(f"{name} has no weights {weights!r}{suggest(weights, known)} (it has: {has})")
    return CardMethod(entry, weights or None)
