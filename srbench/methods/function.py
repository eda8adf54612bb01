"""A user's own function as a method."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast, get_args

from srbench.api import Colour
from srbench.errors import RequestError
from srbench.methods.method import Producer, Scales, upscaling_producer

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["FunctionMethod", "callable_name", "function_method"]


@dataclass(frozen=True)
class FunctionMethod:
    """A function that takes `(lr)` or `(lr, scale)`.

    Attributes:
        name: As it stands in tables.
        function: The function.
        colour: Its attribute `colour`, else `rgb`.
        scales: Its attribute `scales`, else any.
        takes_scale: Whether it is called with the scale.
        source: What identifies its code; see `identity`.
    """

    name: str
    function: Callable[..., Any]
    colour: Colour
    scales: Scales
    takes_scale: bool
    source: Mapping[str, str]

    def identity(self, scale: int) -> Mapping[str, str]:
        """Hashes of the files the function came from and uses; a bare callable is never the same twice."""
        return self.source

    def open(self, scale: int, device: str) -> Producer:
        """Bind the scale."""
        function = self.function

        def upscale(lr: Tensor, /) -> Tensor:
            out: Tensor = function(lr, scale) if self.takes_scale else function(lr)
            return out

        return upscaling_producer(upscale, self.colour, device)


def function_method(name: str, function: Callable[..., Any], source: Mapping[str, str]) -> FunctionMethod:
    """Look at a function before anything is run.

    Args:
        name: As it stands in tables.
        function: May carry the attributes `colour` (`rgb`, `y` or `any`) and `scales` (a factor or several).
        source: What identifies its code.

    Raises:
        RequestError: Its parameters, colour or scales are not usable, or it is a network in training mode.
    """
    if getattr(function, "training", False) is True:
        raise RequestError(f"{name}: is in training mode; call .eval() on it first")
    colour = getattr(function, "colour", "rgb")
    if colour not in get_args(Colour):
        raise RequestError(f"{name}: colour is {colour!r}, expected 'rgb', 'y' or 'any'")
    return FunctionMethod(
        name, function, cast(Colour, colour), _scales(function, name), _takes_scale(function, name), source
    )


def _scales(function: Callable[..., Any], name: str) -> Scales:
    scales = getattr(function, "scales", "any")
    if scales == "any":
        return "any"
    listed = (scales,) if isinstance(scales, int) else scales
    if not isinstance(listed, tuple | list) or not all(isinstance(scale, int) for scale in listed):
        raise RequestError(f"{name}: scales is {scales!r}, expected whole numbers such as (2, 4)")
    return tuple(listed)


def _takes_scale(function: Callable[..., Any], name: str) -> bool:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # built in C: only the image is sure to be wanted
        return False
    parameters = signature.parameters.values()
    required = [p for p in parameters if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    if len(required) > 2 or any(p.kind is p.KEYWORD_ONLY for p in required):
        raise RequestError(f"{name}: takes {signature}, expected (lr) or (lr, scale)")
    return len(required) == 2 or "scale" in signature.parameters


def callable_name(function: Callable[..., Any]) -> str:
    """A name for tables.

    Raises:
        RequestError: It cannot be called.
    """
    if not callable(function):
        raise RequestError(f"a method is a name or a callable, got {type(function).__name__}")
    name = getattr(function, "__name__", type(function).__name__)
    return "lambda" if name == "<lambda>" else str(name)
