"""What plan and engine ask of a method: its scales and colour, its identity, and a producer of 8-bit images."""

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
"""What a method upscales; `images` where nothing is upscaled."""


@dataclass(frozen=True)
class Job:
    """One image to upscale.

    Attributes:
        image: The image's id.
        lr: uint8 or float64, (C, h, w), 0…255.
        size: Height and width of the result, in pixels.
        scale: Upscaling factor.
        grey: Whether the HR file is grey.
    """

    image: str
    lr: NDArray[Any]
    size: tuple[int, int]
    scale: int
    grey: bool


@dataclass(frozen=True)
class Produced:
    """A result, and what looks suspicious about it.

    Attributes:
        image: uint8, (C, H, W); on the GPU that made it, or an array.
        warnings: What looks suspicious.
    """

    image: Image | Tensor
    warnings: tuple[str, ...] = ()

    @property
    def array(self) -> Image:
        """The image in the processor's memory."""
        return self.image if isinstance(self.image, np.ndarray) else self.image.cpu().numpy()


Producer = Callable[[Sequence[Job]], list[Produced]]
"""A method that is ready to run on images of one size; raises SRBenchError where it fails."""


class Method(Protocol):
    """What plan and runner ask of a method."""

    @property
    def name(self) -> str:
        """As it stands in tables."""
        ...

    @property
    def place(self) -> str:
        """Hash of where a user's file or folder lies, which tells two of one name apart; empty for a card."""
        ...

    @property
    def colour(self) -> MethodColour:
        """What it upscales."""
        ...

    @property
    def scales(self) -> Scales:
        """The scales it has."""
        ...

    def identity(self, scale: int) -> Mapping[str, str]:
        """What decides its results: code, weights. Equal identities give equal images."""
        ...

    def inference(self, scale: int, asked: Inference) -> Inference | None:
        """How it runs when so asked: what learns nothing always in fp32, in torch; None where nothing is computed."""
        ...

    def open(self, scale: int, inference: Inference) -> Producer:
        """Load it.

        Raises:
            SRBenchError: It cannot be loaded.
        """
        ...


class BuildableMethod(Method, Protocol):
    """What a wrapper asks beyond `Method`: that it upscales, and how far it looks."""

    def inference(self, scale: int, asked: Inference) -> Inference:
        """How it runs when so asked."""
        ...

    @property
    def colour(self) -> Colour:
        """What it upscales."""
        ...

    def receptive_radius(self, scale: int) -> int | None:
        """Distance, in LR pixels, beyond which nothing influences a sample of the result; None if not known."""
        ...

    def ready(self, scale: int) -> bool:
        """Whether it can be opened without fetching anything."""
        ...

    def build(self, scale: int, inference: Inference) -> Upscaler:
        """Load it as an upscaler.

        Raises:
            SRBenchError: It cannot be loaded.
        """
        ...
