"""The training loop: Lightning's trainer with srbench's checkpoints, logs and export."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import lightning
from lightning.pytorch.callbacks import EMAWeightAveraging, ModelCheckpoint, TQDMProgressBar
from lightning.pytorch.loggers import CSVLogger

from srbench.errors import OutputError
from srbench_models.training.allocator import keep_large_buffers
from srbench_models.training.export import export_weights
from srbench_models.training.module import RestorationModule
from srbench_models.training.patches import load_training_images
from srbench_models.training.recipe import Recipe

__all__ = ["TrainingJob", "run_training"]


@dataclass(frozen=True)
class TrainingJob:
    """What `srbench train` was asked for.

    Attributes:
        recipe: The recipe.
        data: Directory that holds the recipe's image folders.
        output: Where checkpoints, the log and the weights go.
        device: `auto`, `cpu` or `cuda`.
        resume: Go on from the last checkpoint in `output`.
    """

    recipe: Recipe
    data: Path
    output: Path
    device: str
    resume: bool


def run_training(job: TrainingJob) -> Path:
    """Train to the end of the recipe and export the averaged weights.

    Returns:
        The safetensors file.

    Raises:
        OutputError: The folder holds another training and `resume` was not asked for, or nothing to resume.
        DatasetError: The recipe's images are not there.
    """
    checkpoints = job.output / "checkpoints"
    last = checkpoints / "last.ckpt"
    if last.exists() and not job.resume:
        raise OutputError(
            f"{job.output}: holds a training already; add --resume to go on with it, or choose another --output"
        )
    if job.resume and not last.exists():
        raise OutputError(f"{job.output}: no checkpoint to resume from (looked for {last})")
    keep_large_buffers()
    lightning.seed_everything(job.recipe.recipe.seed, verbose=False)
    images = load_training_images(job.data, job.recipe.data, job.recipe.scale)
    print(f"{len(images.train)} images to train on, {len(images.held_out)} held out, {len(images.too_small)} too small")
    module = RestorationModule(job.recipe, images)
    trainer = _trainer(job, checkpoints)
    # Lightning's checkpoint holds optimiser and loop state that weights_only cannot load; it is our own file.
    trainer.fit(module, ckpt_path=str(last) if job.resume else None, weights_only=False if job.resume else None)
    return export_weights(module, images, trainer.global_step, job.output / f"{job.recipe.recipe.name}.safetensors")


def _trainer(job: TrainingJob, checkpoints: Path) -> lightning.Trainer:
    schedule = job.recipe.schedule
    return lightning.Trainer(
        accelerator={"auto": "auto", "cpu": "cpu", "cuda": "gpu"}[job.device],
        devices=1,
        precision=schedule.precision,
        max_epochs=job.recipe.epochs,
        reload_dataloaders_every_n_epochs=1,
        num_sanity_val_steps=0,
        log_every_n_steps=50,
        enable_model_summary=False,
        callbacks=[
            EMAWeightAveraging(decay=schedule.ema_decay),
            # One file, replaced atomically after each epoch.
            ModelCheckpoint(checkpoints, filename="last", save_top_k=1, enable_version_counter=False),
            TQDMProgressBar(refresh_rate=25),
        ],
        logger=CSVLogger(job.output, name="", version="log"),
    )
