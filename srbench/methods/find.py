"""From what a user wrote to a method."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from srbench.errors import RequestError, UnknownNameError
from srbench.methods.card import CardMethod
from srbench.methods.function import callable_name, function_method
from srbench.methods.method import BuildableMethod
from srbench.methods.userfile import method_from_file
from srbench.methods.wrapped import WrappedMethod
from srbench.registry import Registry, suggest
from srbench.wrappers import WRAPPERS

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


def find_method(
    spec: str | Callable[..., Any], cards: Registry, files: Mapping[str, Path] = MappingProxyType({})
) -> BuildableMethod:
    """Resolve what a user wrote.

    Args:
        spec: A card's name, `name@weights`, `./file.py:function`, each perhaps followed by `+wrapper`, or (in Python)
            a callable taking `(lr)` or `(lr, scale)`.
        cards: Where names are looked up.
        files: Weight files of the user's, by `name@weights`.

    Raises:
        UnknownNameError: No card, weights or wrapper of this name.
        RequestError: The file or the function in it cannot be used, or a wrapper does not go with the method.
    """
    if not isinstance(spec, str):
        return function_method(free_name(callable_name(spec), cards), spec, {"call": uuid.uuid4().hex})
    base, wrappers = _split(spec)
    method = _find_unwrapped(base, cards, files)
    for name in wrappers:
        method = _wrap(method, name)
    return method


def _split(spec: str) -> tuple[str, list[str]]:
    """What is wrapped, and the wrappers' names; a path may have a + of its own."""
    path, colon, attribute = spec.rpartition(":")
    first, *wrappers = attribute.split("+")
    return f"{path}{colon}{first}", wrappers


def _wrap(method: BuildableMethod, name: str) -> BuildableMethod:
    if name not in WRAPPERS:
        raise UnknownNameError(
            f"{method.name}+{name}: no wrapper {name!r}{suggest(name, WRAPPERS)} (there are: {', '.join(WRAPPERS)})"
        )
    wrapper = WRAPPERS[name]
    scales = method.scales if method.scales != "any" else (2,)
    if wrapper.needs_reach and any(method.reach(scale) is None for scale in scales):
        raise RequestError(
            f"{method.name}+{name}: how far {method.name} looks is not known; give `reach`, in LR pixels, in its card "
            "or as the function's attribute"
        )
    return WrappedMethod(method, wrapper)


def _find_unwrapped(spec: str, cards: Registry, files: Mapping[str, Path]) -> BuildableMethod:
    path, colon, attribute = spec.rpartition(":")
    if colon and path.endswith(".py"):
        return method_from_file(Path(path).expanduser(), attribute)
    if spec.endswith(".py"):
        raise RequestError(f"{spec}: which function of it? Write {spec}:function")
    name, at, weights = spec.partition("@")
    entry = cards.method(name)
    known = {item.name for item in entry.card.weights}
    given = files.get(spec)
    if at and weights not in known and given is None:
        has = ", ".join(sorted(known)) or "none"
        raise UnknownNameError(
            f"{name} has no weights {weights!r}{suggest(weights, known)} (it has: {has}); for weights of your own add "
            f"--weights {spec}=FILE"
        )
    return CardMethod(entry, weights or None, given)
