"""The content losses of a recipe."""

from __future__ import annotations

from torch import Tensor

from srbench_models.training.features import FeatureMaps
from srbench_models.training.losses.l1 import l1
from srbench_models.training.losses.mse import mse
from srbench_models.training.losses.perceptual import perceptual
from srbench_models.training.losses.texture import texture
from srbench_models.training.losses.total_variation import total_variation
from srbench_models.training.recipe import LossOptions

__all__ = ["content_losses"]


def content_losses(options: LossOptions, sr: Tensor, hr: Tensor, maps: FeatureMaps | None) -> dict[str, Tensor]:
    """Compute a recipe's losses by name, unweighted and without the adversarial one.

    Args:
        options: The recipe's `[loss]` table.
        sr: The network's output: float, (N, C, H, W), 0…255.
        hr: HR: float, the same shape and range.
        maps: The classifier, if a loss needs one.
    """
    losses: dict[str, Tensor] = {}
    if options.l1:
        losses["l1"] = l1(sr, hr)
    if options.mse:
        losses["mse"] = mse(sr, hr)
    if options.total_variation:
        losses["total_variation"] = total_variation(sr)
    if maps is not None:
        ours, theirs = maps(sr), maps(hr)
        if options.perceptual:
            layers = maps.taps.perceptual
            losses["perceptual"] = perceptual([ours[i] for i in layers], [theirs[i] for i in layers])
        if options.texture:
            layers = maps.taps.texture
            losses["texture"] = texture([ours[i] for i in layers], [theirs[i] for i in layers], maps.taps.strides)
    return losses
