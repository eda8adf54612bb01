"""What an upscaler is, and what its factory is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from torch import Tensor

Colour = Literal["rgb", "y", "any"]
"""What a method upscales: RGB images, the luma plane alone, or whatever planes it is handed."""


class Upscaler(Protocol):
    """A super-resolution method, ready at one scale on one device.

    It may have an attribute `network`, the nn.Module that does all of its work on the same batch: other runtimes then
    take that over, and its parameters are counted.
    """

    def __call__(self, lr: Tensor, /) -> Tensor:
        """Upscale a batch.

        Args:
            lr: float32, (N, C, h, w), [0, 1], on the method's device. C = 3 (RGB) for a method of colour `rgb`,
                1 (luma in studio range, divided by 255) for `y`, either for `any`.

        Returns:
            float, (N, C, h·scale, w·scale), same range and colour; need not be clipped.
        """
        ...


@dataclass(frozen=True)
class BuildRequest:
    """What a factory is told when it builds an upscaler.

    Attributes:
        scale: Upscaling factor.
        device: A torch device, such as `cpu` or `cuda`.
        weights: The verified weight file for this scale, or None where the card lists none.
        variant: What follows the colon in `name:variant`; empty for a card without variants.
    """

    scale: int
    device: str
    weights: Path | None
    variant: str = ""


UpscalerFactory = Callable[[BuildRequest], Upscaler]
"""What a method card's `factory` names."""

Scales = tuple[int, ...] | Literal["any"]
"""The scales a method has."""
