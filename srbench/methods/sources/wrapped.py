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
        """Name of the inner method followed by `+` and the wrapper's name."""
        return f"{self.inner.name}+{self.wrapper.name}"

    @property
    def place(self) -> str:
        """Hash of the path of the inner method's file or folder; empty for a card's method."""
        return self.inner.place

    @property
    def colour(self) -> Colour:
        """Planes that the inner method upscales."""
        return self.inner.colour

    @property
    def scales(self) -> Scales:
        """Scales that the wrapped method supports."""
        return self.wrapper.scales(self.inner.scales)

    def receptive_radius(self, scale: int) -> int | None:
        """Return the receptive radius of the wrapped method, in LR pixels; None if not known."""
        wrapping = self._wrapping(scale)
        return None if wrapping.radius is None else self.wrapper.radius(wrapping.radius, wrapping)

    def ready(self, scale: int) -> bool:
        """Return whether the inner method can be loaded without a download."""
        return self.inner.ready(self._wrapping(scale).inner_scale)

    def identity(self, scale: int) -> Mapping[str, str]:
        """Return a mapping: the inner method's hashes at its own scale, and the wrapper's name."""
        inner = self.inner.identity(self._wrapping(scale).inner_scale)
        return {**inner, "wrappers": f"{inner.get('wrappers', '')}+{self.wrapper.name}"}

    def inference(self, scale: int, asked: Inference) -> Inference:
        """Return the settings the inner method runs with if `asked` is requested."""
        return self.inner.inference(self._wrapping(scale).inner_scale, asked)

    def build(self, scale: int, inference: Inference) -> Upscaler:
        """Build the inner upscaler, check its results, which a wrapper could hide, and return it wrapped.

        Each call gets its own input and each result its own memory, because a method may change its input in place or
        return one buffer again and again.
        """
        from srbench.methods.upscale import check_result  # here, because planning must not import torch

        wrapping = self._wrapping(scale)
        inner, factor = self.inner.build(wrapping.inner_scale, inference), wrapping.inner_scale

        def checked(lr: Tensor, /) -> Tensor:
            expected = (*lr.shape[:2], lr.shape[2] * factor, lr.shape[3] * factor)
            return check_result(inner(lr.clone()), expected).clone()

        return self.wrapper.wrap(checked, wrapping)

    def open(self, scale: int, inference: Inference) -> Producer:
        """Build the wrapped upscaler; return a producer that checks each result for plausibility."""
        return upscaling_producer(self.build(scale, inference), self.colour, inference.device)

    def _wrapping(self, scale: int) -> Wrapping:
        inner_scale = self.wrapper.inner_scale(scale, self.inner.scales)
        return Wrapping(scale, inner_scale, self.inner.receptive_radius(inner_scale))
