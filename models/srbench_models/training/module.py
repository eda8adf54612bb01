"""Lightning modules: losses, optimisers, schedule and validation."""

from __future__ import annotations

import math
import time
from typing import Any, cast

import lightning
import torch
from lightning.pytorch.core.optimizer import LightningOptimizer
from lightning.pytorch.utilities.types import OptimizerLRSchedulerConfig
from torch import Tensor, nn
from torch.optim import Adam
from torch.optim.lr_scheduler import LambdaLR, LRScheduler
from torch.utils.data import DataLoader

from srbench_models.training.discriminator import Discriminator
from srbench_models.training.features import FeatureMaps
from srbench_models.training.losses import discriminator_loss, generator_loss
from srbench_models.training.losses.weighted import content_losses
from srbench_models.training.patches import PatchBatches, TrainingImages
from srbench_models.training.recipe import AdversaryOptions, Recipe

__all__ = ["AdversarialModule", "RestorationModule", "build_module"]

Batch = tuple[Tensor, Tensor]


def build_module(recipe: Recipe, images: TrainingImages, maps: FeatureMaps | None) -> RestorationModule:
    """Build a recipe's module, with a discriminator if the recipe has an adversary."""
    if recipe.adversary is None:
        return RestorationModule(recipe, images, maps)
    return AdversarialModule(recipe, images, maps, recipe.adversary)


class RestorationModule(lightning.LightningModule):
    """Learns to invert the classic protocol's degradation."""

    def __init__(self, recipe: Recipe, images: TrainingImages, maps: FeatureMaps | None) -> None:
        """Build the recipe's network with random weights; `maps` is the classifier if a loss needs one."""
        super().__init__()
        self.recipe = recipe
        self.images = images
        self.network = recipe.build_network()
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch: untyped
        # In a list, so that it is not a submodule: neither averaged nor saved in checkpoints.
        self._maps = [maps]
        self._clock = _Clock()

    def train_dataloader(self) -> DataLoader[Batch]:
        """Batches of the next epoch, seeded by epoch so that a resumed run sees the same ones."""
        recipe = self.recipe
        seed = recipe.recipe.seed * 1_000_003 + self.current_epoch
        batches = PatchBatches(self.images.train, recipe.data, recipe.scale, recipe.schedule.checkpoint_every, seed)
        # A worker process keeps a GPU from waiting for patches; on a CPU it would take cores from training.
        on_gpu = self.device.type == "cuda"
        return DataLoader(batches, batch_size=None, num_workers=int(on_gpu), pin_memory=on_gpu)

    def val_dataloader(self) -> DataLoader[Batch]:
        """Whole held-out images, one at a time."""
        pairs = [(torch.from_numpy(pair.lr), torch.from_numpy(pair.hr)) for pair in self.images.held_out]
        return DataLoader(pairs, batch_size=1)  # type: ignore[arg-type]  # a list is a map-style dataset

    def on_fit_start(self) -> None:
        """Move the classifier to the training's device."""
        for maps in self._maps:
            if maps is not None:
                maps.to(self.device)

    def training_step(self, batch: Batch) -> Tensor | None:
        """Compute the loss of a batch of patches; every loss is logged unweighted."""
        lr, hr = (_unit_range(side) for side in batch)
        return self._weighted(self._content_losses(self.network(lr) * 255, hr * 255))

    def _content_losses(self, sr: Tensor, hr: Tensor) -> dict[str, Tensor]:
        """Compute the losses in float32 even under autocast: bfloat16 keeps only three digits."""
        with torch.autocast(sr.device.type, enabled=False):
            return content_losses(self.recipe.loss, sr.float(), hr, self._maps[0])

    def _weighted(self, losses: dict[str, Tensor]) -> Tensor:
        self.log_dict({name: value.detach() for name, value in losses.items()}, prog_bar=True)
        weights = self.recipe.loss.weights
        return torch.stack([weights[name] * value for name, value in losses.items()]).sum()

    def on_train_epoch_start(self) -> None:
        """Restart the clock; freeze batch-norm statistics if the recipe does."""
        self._clock = _Clock()
        if self.recipe.schedule.freeze_statistics:
            for layer in self.network.modules():
                if isinstance(layer, nn.BatchNorm2d):
                    layer.eval()

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        """Add the time since the last step to the waiting time."""
        self._clock.batch_came()

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Add the time of this step to the working time."""
        self._clock.step_done()

    def on_train_epoch_end(self) -> None:
        """Log the share of time spent waiting for data."""
        self.log("data_share", self._clock.share)

    def validation_step(self, batch: Batch) -> None:
        """PSNR in dB of one held-out image, in the planes the network upscales, with the averaged weights."""
        lr, hr = (_unit_range(side) for side in batch)
        error = (self.network(lr).float().clamp(0, 1) - hr).square().mean()
        self.log("val_psnr", -10 * torch.log10(error), prog_bar=True, on_epoch=True, batch_size=1)

    def configure_optimizers(self) -> Any:
        """Adam with linear warm-up and cosine decay to zero, stepped per batch."""
        return self._scheduled(self.network, self.recipe.schedule.learning_rate, (0.9, 0.99))

    def _scheduled(
        self, network: nn.Module, learning_rate: float, betas: tuple[float, float]
    ) -> OptimizerLRSchedulerConfig:
        schedule = self.recipe.schedule
        trainable = [parameter for parameter in network.parameters() if parameter.requires_grad]
        optimiser = Adam(trainable, lr=learning_rate, betas=betas)

        def factor(step: int) -> float:
            if step < schedule.warmup_steps:
                return (step + 1) / schedule.warmup_steps
            return 0.5 * (1 + math.cos(math.pi * min(1.0, step / schedule.steps)))

        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": LambdaLR(optimiser, factor), "interval": "step"}}


class AdversarialModule(RestorationModule):
    """Trains the network together with a discriminator between its results and HR."""

    def __init__(
        self, recipe: Recipe, images: TrainingImages, maps: FeatureMaps | None, adversary: AdversaryOptions
    ) -> None:
        super().__init__(recipe, images, maps)
        self.automatic_optimization = False  # two optimisers in one step
        self.adversary = adversary
        side = recipe.data.patch * recipe.scale
        self.discriminator = Discriminator(side, adversary.channels, adversary.batch_norm)
        self.discriminator.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch: untyped

    def training_step(self, batch: Batch) -> None:
        """Train first the network, then the discriminator, on the same patches."""
        lr, hr = (_unit_range(side) for side in batch)
        network_optimiser, discriminator_optimiser = cast(list[LightningOptimizer], self.optimizers())
        sr = self.network(lr) * 255
        losses = self._content_losses(sr, hr * 255)
        self.discriminator.requires_grad_(False)
        losses["adversarial"] = generator_loss(self.discriminator(sr))
        self._step(network_optimiser, self._weighted(losses))
        self.discriminator.requires_grad_(True)
        verdict = discriminator_loss(self.discriminator(hr * 255), self.discriminator(sr.detach()))
        self.log("discriminator", verdict.detach(), prog_bar=True)
        self._step(discriminator_optimiser, verdict)
        for scheduler in cast(list[LRScheduler], self.lr_schedulers()):
            scheduler.step()

    def _step(self, optimiser: LightningOptimizer, loss: Tensor) -> None:
        optimiser.zero_grad()
        self.manual_backward(loss)
        optimiser.step()

    def configure_optimizers(self) -> Any:
        """One Adam per network with the same schedule, and SRGAN's betas."""
        return (
            self._scheduled(self.network, self.recipe.schedule.learning_rate, (0.9, 0.999)),
            self._scheduled(self.discriminator, self.adversary.learning_rate, (0.9, 0.999)),
        )


class _Clock:
    """Measures the share of an epoch that the loop waits for batches."""

    def __init__(self) -> None:
        self._waiting = self._working = 0.0
        self._last = time.perf_counter()

    def batch_came(self) -> None:
        self._waiting += self._lap()

    def step_done(self) -> None:
        self._working += self._lap()

    @property
    def share(self) -> float:
        """Waiting time divided by total time, 0…1."""
        return self._waiting / max(self._waiting + self._working, 1e-9)

    def _lap(self) -> float:
        now = time.perf_counter()
        lap, self._last = now - self._last, now
        return lap


def _unit_range(samples: Tensor) -> Tensor:
    return (samples.float() / 255).contiguous(memory_format=torch.channels_last)
