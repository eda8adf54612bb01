"""The learning step: loss, optimiser, schedule and validation, as Lightning wants them."""

from __future__ import annotations

import math

import lightning
import torch
from lightning.pytorch.utilities.types import OptimizerLRSchedulerConfig
from torch import Tensor
from torch.optim import Adam
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import DataLoader

from srbench_models.training.losses import LOSSES
from srbench_models.training.patches import PatchBatches, TrainingImages
from srbench_models.training.recipe import Recipe

__all__ = ["RestorationModule"]


class RestorationModule(lightning.LightningModule):
    """Learns to undo the classic protocol's degradation with one pixel loss."""

    def __init__(self, recipe: Recipe, images: TrainingImages) -> None:
        """Build the recipe's network with fresh weights."""
        super().__init__()
        self.recipe = recipe
        self.images = images
        self.network = recipe.build_network()
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch: untyped
        self.loss = LOSSES[recipe.schedule.loss]

    def train_dataloader(self) -> DataLoader[tuple[Tensor, Tensor]]:
        """The coming epoch's batches; seeded by epoch, so that a resumed run sees what an unbroken one would."""
        recipe = self.recipe
        seed = recipe.recipe.seed * 1_000_003 + self.current_epoch
        batches = PatchBatches(self.images.train, recipe.data, recipe.scale, recipe.schedule.steps_per_epoch, seed)
        return DataLoader(batches, batch_size=None)

    def val_dataloader(self) -> DataLoader[tuple[Tensor, Tensor]]:
        """The held-out images, whole, one at a time."""
        pairs = [(torch.from_numpy(pair.lr), torch.from_numpy(pair.hr)) for pair in self.images.held_out]
        return DataLoader(pairs, batch_size=1)  # type: ignore[arg-type]  # a list is a map-style dataset

    def training_step(self, batch: tuple[Tensor, Tensor]) -> Tensor:
        """One step on a batch of uint8 patches; the logged loss is in 8-bit levels."""
        lr, hr = (_unit_range(side) for side in batch)
        loss = self.loss(self.network(lr) * 255, hr * 255)
        self.log("loss", loss, prog_bar=True)
        return loss

    def validation_step(self, batch: tuple[Tensor, Tensor]) -> None:
        """RGB PSNR in dB of one held-out image, with the averaged weights."""
        lr, hr = (_unit_range(side) for side in batch)
        error = (self.network(lr).clamp(0, 1) - hr).square().mean()
        self.log("val_psnr_rgb", -10 * torch.log10(error), prog_bar=True, on_epoch=True, batch_size=1)

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        """Adam under a linear warm-up and a cosine to zero, stepped with every batch."""
        schedule = self.recipe.schedule
        trainable = [parameter for parameter in self.network.parameters() if parameter.requires_grad]
        optimiser = Adam(trainable, lr=schedule.learning_rate, betas=(0.9, 0.99))

        def factor(step: int) -> float:
            if step < schedule.warmup_steps:
                return (step + 1) / schedule.warmup_steps
            return 0.5 * (1 + math.cos(math.pi * min(1.0, step / schedule.steps)))

        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": LambdaLR(optimiser, factor), "interval": "step"}}


def _unit_range(samples: Tensor) -> Tensor:
    return (samples.float() / 255).contiguous(memory_format=torch.channels_last)
