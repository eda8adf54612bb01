"""Training losses, one per file; `weighted` adds them up as a recipe says."""

from __future__ import annotations

from srbench_models.training.losses.adversarial import discriminator_loss, generator_loss
from srbench_models.training.losses.l1 import l1
from srbench_models.training.losses.mse import mse
from srbench_models.training.losses.perceptual import perceptual
from srbench_models.training.losses.texture import texture
from srbench_models.training.losses.total_variation import total_variation

__all__ = ["discriminator_loss", "generator_loss", "l1", "mse", "perceptual", "texture", "total_variation"]
