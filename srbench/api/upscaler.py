"""Upscalers and their factories."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from srbench.api.inference import Precision, RuntimeName

if TYPE_CHECKING:
    from torch import Tensor

Scales = tuple[int, ...] | Literal["any"]
"""Integer scales a method supports, or `any` for all."""

Colour = Literal["rgb", "y", "any"]
"""Planes a method upscales: `rgb`; `y`, luma alone; `any`, either of the two."""


class Upscaler(Protocol):
    """A super-resolution method, loaded for one scale on one device.

    An optional attribute `network`, the nn.Module that computes the whole result from the same batch, lets other
    runtimes execute it and its parameters be counted. An upscaler that runs an ONNX graph has an attribute `graph`, the
    path of the file, and a method `through(run)`, which returns the same upscaler with another function that runs the
    graph: from its input array to its output array.
    """

    def __call__(self, lr: Tensor, /) -> Tensor:
        """Upscale a batch.

        Args:
            lr: float32, (N, C, h, w), [0, 1], on the method's device. C = 3 (RGB) for a method of colour `rgb`,
                1 (luma in studio range, divided by 255) for `y`, either for `any`.

        Returns:
            float, (N, C, h·scale, w·scale), same colour and range; values need not be clipped.
        """
        ...


@dataclass(frozen=True)
class BuildRequest:
    """Argument of an upscaler's factory.

    Attributes:
        device: A torch device, such as `cpu` or `cuda`.
        weights: The verified weight file for this scale; None if the card lists no weights.
        variant: Text after the colon in `name:variant`; empty for a card without variants.
    """

    scale: int
    device: str
    weights: Path | None
    variant: str = ""


@dataclass(frozen=True)
class VariantInfo:
    """What a card's `describe` says of a variant, such as a model file.

    Attributes:
        scales: Scales that it supports.
        colour: Planes that it upscales.
        architecture: Name of its architecture, for `run.json`; may be empty.
        receptive_radius: Distance in LR pixels beyond which no input influences an output sample; None if unknown.
        precisions: Precisions that it may run in; another one that is asked for becomes fp32.
        runtime: Library that runs it, unless the user chooses OpenVINO.
    """

    scales: Scales
    colour: Colour
    architecture: str = ""
    receptive_radius: int | None = None
    precisions: tuple[Precision, ...] = ("fp32", "tf32", "bf16")
    runtime: RuntimeName = "eager"


UpscalerFactory = Callable[[BuildRequest], Upscaler]
"""Type of a method card's `factory`: takes a BuildRequest, returns the loaded Upscaler."""
