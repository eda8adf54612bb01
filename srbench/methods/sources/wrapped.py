"""Wrapped methods, such as `edsr+ensemble`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from srbench.api import BuildableMethod, Colour, Inference, Producer, Scales, Upscaler
from srbench.methods.sources.producer import upscaling_producer
from srbench.methods.wrappers.wrapper import Wrapper, Wrapping

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class WrappedMethod:
    """A method and one wrapper; several wrappers are nested."""

    inner: BuildableMethod
    wrapper: Wrapper

    @property
    def name(self) -> str:
        """The inner name with `+wrapper`."""
        return f"{self.inner.name}+{self.wrapper.name}"

    @property
    def place(self) -> str:
        """Place of the inner method."""
        return self.inner.place

    @property
    def colour(self) -> Colour:
        """Colour of the inner method."""
        return self.inner.colour

    @property
    def scales(self) -> Scales:
        """Scales of the wrapped method."""
        return self.wrapper.scales(self.inner.scales)

    def receptive_radius(self, scale: int) -> int | None:
        """Receptive radius of the wrapped method, in LR pixels; None if not known."""
        wrapping = self._wrapping(scale)
        return None if wrapping.radius is None else self.wrapper.radius(wrapping.radius, wrapping)

    def ready(self, scale: int) -> bool:
        """Whether the inner method is ready."""
        return self.inner.ready(self._wrapping(scale).inner_scale)

    def identity(self, scale: int) -> Mapping[str, str]:
        """Identity of the inner method at its own scale, with the wrapper's name."""
        inner = self.inner.identity(self._wrapping(scale).inner_scale)
        return {**inner, "wrappers": f"{inner.get('wrappers', '')}+{self.wrapper.name}"}

    def inference(self, scale: int, asked: Inference) -> Inference:
        """Inference of the inner method."""
        return self.inner.inference(self._wrapping(scale).inner_scale, asked)

    def build(self, scale: int, inference: Inference) -> Upscaler:
        """Build and wrap the inner method, whose result is checked before the wrapper could hide a fault."""
        from srbench.methods.upscale import check_result  # here, because planning must not import torch

        wrapping = self._wrapping(scale)
        inner, factor = self.inner.build(wrapping.inner_scale, inference), wrapping.inner_scale

        def checked(lr: Tensor, /) -> Tensor:
            out = inner(lr)
            check_result(out, (*lr.shape[:2], lr.shape[2] * factor, lr.shape[3] * factor))
            return out

        return self.wrapper.wrap(checked, wrapping)

    def open(self, scale: int, inference: Inference) -> Producer:
        """Build it and check its results."""
        return upscaling_producer(self.build(scale, inference), self.colour, inference.device)

    def _wrapping(self, scale: int) -> Wrapping:
        inner_scale = self.wrapper.inner_scale(scale, self.inner.scales)
        return Wrapping(scale, inner_scale, self.inner.receptive_radius(inner_scale))
