"""The interface of a method: scales, colour, identity, and a producer of 8-bit images."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from srbench.api.image import Image
from srbench.api.inference import Inference
from srbench.api.upscaler import Colour, Scales, Upscaler

if TYPE_CHECKING:
    from torch import Tensor

MethodColour = Colour | Literal["images"]
"""Planes a method upscales, see `Colour`; `images` for images upscaled elsewhere, which are only read."""


@dataclass(frozen=True)
class Job:
    """One image to upscale.

    Attributes:
        lr: LR image: uint8 or float64, (C, h, w), 0…255; C = 3 for RGB, 1 for luma.
        size: Height and width of the result, in pixels.
        grey: True if the HR file is grey.
    """

    image: str
    lr: NDArray[Any]
    size: tuple[int, int]
    scale: int
    grey: bool


@dataclass(frozen=True)
class Produced:
    """An upscaled image, with warnings if the image is implausible.

    Attributes:
        image: Upscaled image: uint8, (C, H, W); a NumPy array if made on the CPU, a tensor if made on a GPU.
        warnings: Descriptions of what is implausible, such as a shift; usually empty.
    """

    image: Image | Tensor
    warnings: tuple[str, ...] = ()

    @property
    def array(self) -> Image:
        """Upscaled image as a NumPy array, uint8, (C, H, W), copied from the GPU if necessary."""
        return self.image if isinstance(self.image, np.ndarray) else self.image.cpu().numpy()


Producer = Callable[[Sequence[Job]], list[Produced]]
"""Function that upscales jobs whose LR images have one size; raises SRBenchError if the method fails."""


class Method(Protocol):
    """Interface that a run requires of every method."""

    @property
    def name(self) -> str:
        """Name of the method in tables."""
        ...

    @property
    def place(self) -> str:
        """Hash of the path of a user's file or folder, to distinguish methods of one name; empty for a card."""
        ...

    @property
    def colour(self) -> MethodColour:
        """Planes that the method upscales."""
        ...

    @property
    def scales(self) -> Scales:
        """Scales that the method supports."""
        ...

    def identity(self, scale: int) -> Mapping[str, str]:
        """Return hashes, by name, of what determines results, such as code and weights: equal hashes, equal images."""
        ...

    def inference(self, scale: int, asked: Inference) -> Inference | None:
        """Return `asked`, or fp32 in torch for a method without weights, or None for images upscaled elsewhere."""
        ...

    def open(self, scale: int, inference: Inference) -> Producer:
        """Load the method and return a function that upscales jobs.

        Raises:
            SRBenchError: The method cannot be loaded.
        """
        ...


class BuildableMethod(Method, Protocol):
    """A method that can be wrapped, as in `edsr+tile`: builds an upscaler and may know its receptive radius."""

    def inference(self, scale: int, asked: Inference) -> Inference:
        """Return `asked`, or fp32 in torch for a method without weights."""
        ...

    @property
    def colour(self) -> Colour:
        """Planes that the method upscales."""
        ...

    def receptive_radius(self, scale: int) -> int | None:
        """Return the distance, in LR pixels, beyond which no input influences an output sample; None if unknown."""
        ...

    def ready(self, scale: int) -> bool:
        """Return whether the method can be loaded without a download."""
        ...

    def build(self, scale: int, inference: Inference) -> Upscaler:
        """Load the method and return its upscaler.

        Raises:
            SRBenchError: The method cannot be loaded.
        """
        ...
