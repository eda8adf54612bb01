"""Receptive fields: which pixels an output of a network depends on, computed from its layers."""

from __future__ import annotations

from itertools import count
from typing import NamedTuple

from torch import nn

from srbench_models.metrics.learned.backbones import Backbone, L2Pool
from srbench_models.squeezenet import Fire

__all__ = ["ReceptiveField", "min_side", "receptive_field"]


class ReceptiveField(NamedTuple):
    """Position and size of a network's outputs on its input, along one axis, in pixels.

    Attributes:
        strides: Distance of neighbouring outputs, per compared output; each divides the next.
        before: Output j of stride s depends on no pixel before s·j - before. A multiple of the last stride.
        after: Output j of stride s depends on no pixel from s·(j + 1) + after on.
    """

    strides: tuple[int, ...]
    before: int
    after: int

    @property
    def stride(self) -> int:
        """Distance of neighbouring outputs of the last layer, in pixels."""
        return self.strides[-1]

    @property
    def overlap(self) -> int:
        """Number of pixels that two windows must share, so that each output is right in one of them."""
        return self.before + self.after


class _Geometry(NamedTuple):
    kernel: int
    stride: int
    padding: int
    ceil: bool = False

    def size(self, length: int) -> int:
        """Return the number of outputs for `length` inputs; below 1 if there is none."""
        spare = length + 2 * self.padding - self.kernel
        return (-(-spare // self.stride) if self.ceil else spare // self.stride) + 1


def _geometry(layer: nn.Module) -> _Geometry:
    if isinstance(layer, nn.Conv2d):
        return _Geometry(layer.kernel_size[0], layer.stride[0], int(layer.padding[0]))
    if isinstance(layer, nn.MaxPool2d):
        return _Geometry(int(layer.kernel_size), int(layer.stride), int(layer.padding), layer.ceil_mode)  # type: ignore[arg-type]  # torch: or a pair
    if isinstance(layer, L2Pool):
        return _Geometry(layer.kernel_size, layer.stride, layer.padding)
    if isinstance(layer, Fire):
        return _geometry(layer.expand3x3)
    if isinstance(layer, nn.ReLU):
        return _Geometry(1, 1, 0)
    raise TypeError(f"{type(layer).__name__}: a layer of unknown receptive field")


def receptive_field(backbone: Backbone) -> ReceptiveField:
    """Compute the receptive field of a backbone's compared outputs.

    With first = -before and last = after of a layer's input, stride J, a layer of kernel k, stride s and padding p adds
    -J·p to the first pixel and J·(k - 1 - p) to the last.
    """
    stride, first, last = 1, 0, 0
    strides = [1] if backbone.compares_input else []
    before = after = 0
    for number, layer in enumerate(backbone.features):
        kernel, step, padding, _ = _geometry(layer)
        first, last = first - stride * padding, last + stride * (kernel - 1 - padding)
        stride *= step
        if number in backbone.ends:
            strides.append(stride)
            before, after = max(before, -first), max(after, last - stride + 1)
    return ReceptiveField(tuple(strides), -(-before // stride) * stride, after)


def min_side(backbone: Backbone, outputs: int = 1) -> int:
    """Return the shortest side of an image, in pixels, that leaves so many outputs of the last layer along it."""
    return next(side for side in count(1) if _outputs(backbone, side) >= outputs)


def _outputs(backbone: Backbone, length: int) -> int:
    for layer in backbone.features:
        length = _geometry(layer).size(length)
        if length < 1:
            return 0
    return length
