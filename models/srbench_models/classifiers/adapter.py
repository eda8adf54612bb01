"""Adapter from networks to srbench's classifier interface."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from srbench.api import Task

__all__ = ["NetworkClassifier", "centre_square"]

Preparation = Callable[[Tensor], Tensor]


class NetworkClassifier:
    """A network with its image preprocessing, as a classifier."""

    def __init__(
        self, network: nn.Module, task: Task, classes: tuple[str, ...], device: str, prepare: Preparation | None = None
    ) -> None:
        """Move a network with its weights to a device.

        Args:
            network: Maps prepared images to (N, K) logits.
            task: Kind of prediction.
            classes: Names of the K classes or attributes; empty if unknown.
            device: A torch device.
            prepare: Maps RGB in [0, 1], (N, 3, H, W), to the network's input; None for the identity.
        """
        # channels_last is faster for convolutions on a CPU.
        network.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch: untyped
        self.network, self.task, self.classes = network.eval(), task, classes
        self._prepare = prepare

    def __call__(self, images: Tensor, /) -> Tensor:
        """Compute the (N, K) logits of a batch of RGB in [0, 1], (N, 3, H, W)."""
        prepared = images if self._prepare is None else self._prepare(images)
        logits: Tensor = self.network(prepared.contiguous(memory_format=torch.channels_last))
        return logits


def centre_square(images: Tensor, short_side: int, side: int, mode: str = "bilinear") -> Tensor:
    """Resize a batch to a shorter side, with antialiasing, and crop a square from its centre.

    Args:
        images: float, (N, 3, H, W).
        short_side: Shorter side of the resized images, in pixels.
        side: Side of the square, in pixels; at most `short_side`.
        mode: Interpolation mode of torch.
    """
    height, width = images.shape[2:]
    scale = short_side / min(height, width)
    size = (max(short_side, round(height * scale)), max(short_side, round(width * scale)))
    if size != (height, width):
        images = nn.functional.interpolate(images, size, mode=mode, align_corners=False, antialias=True)
    top, left = (size[0] - side) // 2, (size[1] - side) // 2
    return images[:, :, top : top + side, left : left + side]
