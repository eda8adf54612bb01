"""A user's own function as a method."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from srbench.api import Colour, Inference, Producer, Scales, Upscaler
from srbench.errors import MethodError, RequestError
from srbench.isolation import isolated
from srbench.methods.runtimes.attach import attach
from srbench.methods.sources.producer import upscaling_producer

if TYPE_CHECKING:
    from torch import Tensor

ScaleArgument = Literal["position", "keyword", "none"]


@dataclass(frozen=True)
class FunctionMethod:
    """A function that takes `(lr)` or `(lr, scale)`.

    Attributes:
        name: Name in tables.
        function: Callable that upscales a batch, as `Upscaler` does.
        colour: The function's attribute `colour` (`rgb`, `y` or `any`), by default `rgb`.
        scales: The function's attribute `scales`, by default `any`.
        scale_argument: How the scale is passed: by position, by keyword, or not at all.
        source: Mapping that `identity` returns.
        place: Hash of the path of the function's file; empty for a callable passed in Python.
        around: Returns a context in which the function is called.
    """

    name: str
    function: Callable[..., Any]
    colour: Colour
    scales: Scales
    scale_argument: ScaleArgument
    source: Mapping[str, str]
    place: str = ""
    around: Callable[[], AbstractContextManager[None]] = nullcontext

    def identity(self, scale: int) -> Mapping[str, str]:
        """Return hashes of the function's files; for a callable passed in Python, a text unique to a call of `run`."""
        return self.source

    def receptive_radius(self, scale: int) -> int | None:
        """Return the function's attribute `receptive_radius` (formerly `reach`), in LR pixels; None if absent.

        Raises:
            RequestError: The attribute is not a non-negative integer.
        """
        with isolated(RequestError, f"{self.name}: its attributes cannot be read, it raised"):
            radius = getattr(self.function, "receptive_radius", getattr(self.function, "reach", None))
        if radius is not None and (type(radius) is not int or radius < 0):
            raise RequestError(f"{self.name}: receptive_radius is {radius!r}, expected a whole number of LR pixels")
        return radius

    def ready(self, scale: int) -> bool:
        """Return True: a function needs no download."""
        return True

    def inference(self, scale: int, asked: Inference) -> Inference:
        """Return the requested settings if the function exposes a network; otherwise fp32 in torch."""
        return asked if self._network() is not None else Inference(asked.device)

    def _network(self) -> object | None:
        with isolated(RequestError, f"{self.name}: its attributes cannot be read, it raised"):
            if hasattr(self.function, "network"):
                return cast(object, self.function.network)
            return self.function if hasattr(self.function, "state_dict") else None

    def build(self, scale: int, inference: Inference) -> Upscaler:
        """Return the function as an upscaler for one scale, in the requested runtime and precision."""
        function = self.function

        def upscale(lr: Tensor, /) -> Tensor:
            out: Tensor
            with self.around():
                match self.scale_argument:
                    case "position":
                        out = function(lr, scale)
                    case "keyword":
                        out = function(lr, scale=scale)
                    case "none":
                        out = function(lr)
            return out

        if (network := self._network()) is not None:
            upscale.network = network  # type: ignore[attr-defined]  # as `Upscaler` says
        with isolated(MethodError, "cannot be built:"):
            return attach(upscale, self.inference(scale, inference))

    def open(self, scale: int, inference: Inference) -> Producer:
        """Return a producer that calls the function and checks each result for plausibility."""
        return upscaling_producer(self.build(scale, inference), self.colour, inference.device)


def function_method(
    name: str, function: Callable[..., Any], source: Mapping[str, str], place: str = ""
) -> FunctionMethod:
    """Make a method from a function, whose attributes `colour` and `scales` (an integer or several) are optional.

    Raises:
        RequestError: The parameters, colour or scales are invalid, or the function is a network in training mode.
    """
    with isolated(RequestError, f"{name}: its attributes cannot be read, it raised"):
        if getattr(function, "training", False) is True:
            raise RequestError(f"{name}: the network is in training mode; call .eval() on it first")
        colour = getattr(function, "colour", "rgb")
        if colour not in get_args(Colour):
            raise RequestError(f"{name}: colour is {colour!r}, expected 'rgb', 'y' or 'any'")
        scales, argument = _scales(function, name), _scale_argument(function, name)
    return FunctionMethod(name, function, cast(Colour, colour), scales, argument, source, place)


def _scales(function: Callable[..., Any], name: str) -> Scales:
    scales = getattr(function, "scales", "any")
    if scales == "any":
        return "any"
    listed = (scales,) if isinstance(scales, int) else scales
    if not isinstance(listed, tuple | list) or not all(isinstance(scale, int) for scale in listed):
        raise RequestError(f"{name}: scales is {scales!r}, expected whole numbers such as (2, 4)")
    return tuple(listed)


def _scale_argument(function: Callable[..., Any], name: str) -> ScaleArgument:
    """Return `keyword` if a parameter is called `scale`, `position` if a second one has no default, else `none`."""
    # torch.nn.Module.__call__ takes any arguments; `forward` has the real signature.
    target = function if inspect.isroutine(function) else getattr(function, "forward", function)
    try:
        signature = inspect.signature(target)
    except (TypeError, ValueError):  # built-in without signature: pass only the image
        return "none"
    parameters = [p for p in signature.parameters.values() if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    required = [p for p in parameters[1:] if p.default is p.empty]
    argument: ScaleArgument = "position" if required else "none"
    if any(p.name == "scale" and p.kind is not p.POSITIONAL_ONLY for p in parameters[1:]):
        argument = "keyword"
        required = [p for p in required if p.name != "scale"]
    elif required and required[0].kind is not required[0].KEYWORD_ONLY:
        required = required[1:]
    if required:
        raise RequestError(f"{name}: takes {signature}, expected (lr) or (lr, scale)")
    return argument


def callable_name(function: Callable[..., Any]) -> str:
    """Return a function's name in tables; raise RequestError if the object is not callable."""
    if not callable(function):
        raise RequestError(f"a method is a name or a callable, got {type(function).__name__}")
    name = getattr(function, "__name__", type(function).__name__)
    return "lambda" if name == "<lambda>" else str(name)
