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
"""Planes a method upscales; `images` for finished images, which are only read."""


@dataclass(frozen=True)
class Job:
    """One image to upscale.

    Attributes:
        lr: uint8 or float64, (C, h, w), 0…255.
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
    """A result, with warnings about it.

    Attributes:
        image: uint8, (C, H, W); a tensor on the GPU that made it, or an array.
        warnings: Signs that the result is implausible.
    """

    image: Image | Tensor
    warnings: tuple[str, ...] = ()

    @property
    def array(self) -> Image:
        """The image as an array, copied from the GPU if necessary."""
        return self.image if isinstance(self.image, np.ndarray) else self.image.cpu().numpy()


Producer = Callable[[Sequence[Job]], list[Produced]]
"""A loaded method; upscales images of one size and raises SRBenchError if it fails."""


class Method(Protocol):
    """What planning and running require of a method."""

    @property
    def name(self) -> str:
        """Name in tables."""
        ...

    @property
    def place(self) -> str:
        """Hash of the path of a user's file or folder, to distinguish equal names; empty for a card."""
        ...

    @property
    def colour(self) -> MethodColour:
        """Planes it upscales."""
        ...

    @property
    def scales(self) -> Scales:
        """Supported scales."""
        ...

    def identity(self, scale: int) -> Mapping[str, str]:
        """Hashes of what determines its results, such as code and weights. Equal identities give equal images."""
        ...

    def inference(self, scale: int, asked: Inference) -> Inference | None:
        """Settings it runs with if `asked` is requested: fp32 in torch without weights; None for finished images."""
        ...

    def open(self, scale: int, inference: Inference) -> Producer:
        """Load the method.

        Raises:
            SRBenchError: The method cannot be loaded.
        """
        ...


class BuildableMethod(Method, Protocol):
    """What a wrapper requires beyond `Method`: an upscaler and its receptive radius."""

    def inference(self, scale: int, asked: Inference) -> Inference:
        """Settings it runs with if `asked` is requested."""
        ...

    @property
    def colour(self) -> Colour:
        """Planes it upscales."""
        ...

    def receptive_radius(self, scale: int) -> int | None:
        """Distance, in LR pixels, beyond which nothing influences a sample of the result; None if unknown."""
        ...

    def ready(self, scale: int) -> bool:
        """Whether it can be loaded without a download."""
        ...

    def build(self, scale: int, inference: Inference) -> Upscaler:
        """Load the method as an upscaler.

        Raises:
            SRBenchError: The method cannot be loaded.
        """
        ...
