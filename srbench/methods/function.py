"""A user's own function as a method: from a file, or handed over in Python."""

from __future__ import annotations

import importlib.util
import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast, get_args

from srbench.api import Colour
from srbench.errors import RequestError
from srbench.fingerprint import file_sha256
from srbench.methods.method import Producer, Scales, upscaling_producer
from srbench.registry import suggest

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["FunctionMethod", "callable_name", "method_from_file"]


@dataclass(frozen=True)
class FunctionMethod:
    """A function that takes `(lr)` or `(lr, scale)`; its attributes `colour` and `scales`, where set, are heeded."""

    name: str
    function: Callable[..., Any]
    source: Mapping[str, str]

    @property
    def colour(self) -> Colour:
        """The function's `colour`, else `rgb`."""
        colour = getattr(self.function, "colour", "rgb")
        if colour not in get_args(Colour):
            raise RequestError(f"{self.name}: colour is {colour!r}, expected 'rgb', 'y' or 'any'")
        return cast(Colour, colour)

    @property
    def scales(self) -> Scales:
        """The function's `scales`, else any."""
        scales = getattr(self.function, "scales", "any")
        return "any" if scales == "any" else tuple(int(scale) for scale in scales)

    def identity(self, scale: int) -> Mapping[str, str]:
        """Hash of the file the function came from; a bare callable is never the same twice."""
        return self.source

    def open(self, scale: int, device: str) -> Producer:
        """Bind the scale."""
        function = self.function
        takes_scale = _takes_scale(function, self.name)

        def upscale(lr: Tensor, /) -> Tensor:
            out: Tensor = function(lr, scale) if takes_scale else function(lr)
            return out

        return upscaling_producer(upscale, self.colour, device)


def _takes_scale(function: Callable[..., Any], name: str) -> bool:
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return False
    required = [p for p in parameters if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    if len(required) > 2 or any(p.kind is p.KEYWORD_ONLY for p in required):
        raise RequestError(f"{name}: takes {inspect.signature(function)}, expected (lr) or (lr, scale)")
    return len(required) == 2 or any(p.name == "scale" for p in parameters)


def callable_name(function: Callable[..., Any]) -> str:
    """A name for tables.

    Raises:
        RequestError: It cannot be called.
    """
    if not callable(function):
        raise RequestError(f"a method is a name or a callable, got {type(function).__name__}")
    name = getattr(function, "__name__", type(function).__name__)
    return "lambda" if name == "<lambda>" else str(name)


def method_from_file(path: Path, attribute: str) -> FunctionMethod:
    """Load `attribute` of a Python file.

    Raises:
        RequestError: There is no such file or function, or the file cannot be imported.
    """
    name = f"{path.stem}:{attribute}"
    module = _import_file(path)
    function = getattr(module, attribute, None)
    if not callable(function):
        offered = [item for item, value in vars(module).items() if callable(value) and not item.startswith("_")]
        raise RequestError(f"{path}: has no function {attribute!r}{suggest(attribute, offered)}")
    return FunctionMethod(name, function, {"file": file_sha256(path), "function": attribute})


def _import_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise RequestError(f"{path}: no such file; a method of your own is given as ./file.py:function")
    folder = str(path.resolve().parent)
    if folder not in sys.path:  # so that the file finds its neighbours, as it does when Python runs it
        sys.path.insert(0, folder)
    spec = importlib.util.spec_from_file_location(f"srbench_user_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise RequestError(f"{path}: cannot be imported as Python")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # anyone's code
        raise RequestError(f"{path}: cannot be imported ({type(error).__name__}: {error})") from error
    return module
