"""From a network with weights to srbench's classifier contract."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from srbench.api import Task

__all__ = ["NetworkClassifier", "centre_square"]

Preparation = Callable[[Tensor], Tensor]


class NetworkClassifier:
    """A network that takes prepared images and gives logits."""

    def __init__(
        self, network: nn.Module, task: Task, classes: tuple[str, ...], device: str, prepare: Preparation | None = None
    ) -> None:
        """Take a network with its weights.

        Args:
            network: From prepared images to (N, K) logits.
            task: What it says.
            classes: Names of its K classes or attributes; empty where they are not known.
            device: A torch device.
            prepare: From RGB in [0, 1], (N, 3, H, W), to what the network takes; None where that is the same.
        """
        # channels_last is faster for convolutions on a CPU.
        network.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch: untyped
        self.network, self.task, self.classes = network.eval(), task, classes
        self._prepare = prepare

    def __call__(self, images: Tensor, /) -> Tensor:
        """Look at a batch."""
        prepared = images if self._prepare is None else self._prepare(images)
        logits: Tensor = self.network(prepared.contiguous(memory_format=torch.channels_last))
        return logits


def centre_square(images: Tensor, short_side: int, side: int, mode: str = "bilinear") -> Tensor:
    """Bring the shorter side of a batch to a length, without aliasing, and cut a square from its middle.

    Args:
        images: float, (N, 3, H, W).
        short_side: Of the resized images, in pixels.
        side: Of the square, in pixels; no more than `short_side`.
        mode: torch's name of an interpolation.
    """
    height, width = images.shape[2:]
    scale = short_side / min(height, width)
    size = (max(short_side, round(height * scale)), max(short_side, round(width * scale)))
    if size != (height, width):
        images = nn.functional.interpolate(images, size, mode=mode, align_corners=False, antialias=True)
    top, left = (size[0] - side) // 2, (size[1] - side) // 2
    return images[:, :, top : top + side, left : left + side]
