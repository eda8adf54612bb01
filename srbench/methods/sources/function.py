"""A user's own function as a method."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from srbench.api import Colour, Inference, Producer, Scales, Upscaler
from srbench.errors import RequestError
from srbench.methods.runtimes.attach import attach
from srbench.methods.sources.producer import upscaling_producer

if TYPE_CHECKING:
    from torch import Tensor

ScaleArgument = Literal["position", "keyword", "none"]


@dataclass(frozen=True)
class FunctionMethod:
    """A function that takes `(lr)` or `(lr, scale)`.

    Attributes:
        name: As it stands in tables.
        function: The function.
        colour: Its attribute `colour`, else `rgb`.
        scales: Its attribute `scales`, else any.
        scale_argument: How it is given the scale: by position, by keyword, or not at all.
        source: What identifies its code; see `identity`.
        place: Hash of the path of its file; empty for a bare callable.
    """

    name: str
    function: Callable[..., Any]
    colour: Colour
    scales: Scales
    scale_argument: ScaleArgument
    source: Mapping[str, str]
    place: str = ""

    def identity(self, scale: int) -> Mapping[str, str]:
        """Hashes of the files the function came from and uses; a bare callable is never the same twice."""
        return self.source

    def receptive_radius(self, scale: int) -> int | None:
        """Its attribute `receptive_radius` (or `reach`, as it was called before), in LR pixels.

        Raises:
            RequestError: The attribute is no whole number.
        """
        radius = getattr(self.function, "receptive_radius", getattr(self.function, "reach", None))
        if radius is not None and (type(radius) is not int or radius < 0):
            raise RequestError(f"{self.name}: receptive_radius is {radius!r}, expected a whole number of LR pixels")
        return radius

    def ready(self, scale: int) -> bool:
        """It is here."""
        return True

    def inference(self, scale: int, asked: Inference) -> Inference:
        """As asked where it shows a network; what else it computes with is not known, and runs in float32, in torch."""
        return asked if self._network() is not None else Inference(asked.device)

    def _network(self) -> object | None:
        if hasattr(self.function, "network"):
            return cast(object, self.function.network)
        return self.function if hasattr(self.function, "state_dict") else None

    def build(self, scale: int, inference: Inference) -> Upscaler:
        """Bind the scale."""
        function = self.function

        def upscale(lr: Tensor, /) -> Tensor:
            out: Tensor
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
        return attach(upscale, self.inference(scale, inference))

    def open(self, scale: int, inference: Inference) -> Producer:
        """Bind the scale, and look at what it returns."""
        return upscaling_producer(self.build(scale, inference), self.colour, inference.device)


def function_method(
    name: str, function: Callable[..., Any], source: Mapping[str, str], place: str = ""
) -> FunctionMethod:
    """Look at a function before anything is run.

    Args:
        name: As it stands in tables.
        function: May carry the attributes `colour` (`rgb`, `y` or `any`) and `scales` (a factor or several).
        source: What identifies its code.
        place: Hash of the path of its file.

    Raises:
        RequestError: Its parameters, colour or scales are not usable, or it is a network in training mode.
    """
    if getattr(function, "training", False) is True:
        raise RequestError(f"{name}: is in training mode; call .eval() on it first")
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
    """By keyword where a parameter is called `scale`, by position where there is a second one without a default."""
    # torch.nn.Module.__call__ takes anything; its `forward` says what.
    target = function if inspect.isroutine(function) else getattr(function, "forward", function)
    try:
        signature = inspect.signature(target)
    except (TypeError, ValueError):  # built in C: only the image is sure to be wanted
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
    """A name for tables.

    Raises:
        RequestError: It cannot be called.
    """
    if not callable(function):
        raise RequestError(f"a method is a name or a callable, got {type(function).__name__}")
    name = getattr(function, "__name__", type(function).__name__)
    return "lambda" if name == "<lambda>" else str(name)
