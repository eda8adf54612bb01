"""The training loop: Lightning's trainer with srbench's checkpoints, logs and export."""

from __future__ import annotations

import importlib
import json
import logging
import warnings
from dataclasses import dataclass
from pathlib import Path

import lightning
from lightning.pytorch.callbacks import EMAWeightAveraging, ModelCheckpoint, TQDMProgressBar
from lightning.pytorch.loggers import CSVLogger

from srbench.errors import OutputError
from srbench_models.training.allocator import keep_large_buffers
from srbench_models.training.export import export_weights
from srbench_models.training.features import build_feature_maps
from srbench_models.training.module import RestorationModule, build_module
from srbench_models.training.patches import load_training_images
from srbench_models.training.plot import plot_losses
from srbench_models.training.recipe import Recipe
from srbench_models.weights import load_matching

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
        origin: The recipe's file; weights to start from lie beside it.
        features: The classifier's weights, where the recipe's losses need one from a file.
    """

    recipe: Recipe
    data: Path
    output: Path
    device: str
    resume: bool
    origin: Path | None = None
    features: Path | None = None

    @property
    def initial(self) -> Path | None:
        """Weights to start from; None for fresh ones."""
        name = self.recipe.recipe.start_from
        return None if name is None or self.origin is None else self.origin.parent / name


def run_training(job: TrainingJob) -> Path:
    """Train to the end of the recipe and export the averaged weights.

    Returns:
        The safetensors file.

    Raises:
        OutputError: The folder holds another training, or one that was not to be resumed, or nothing to resume.
        DatasetError: The recipe's images are not there.
        WeightsError: The weights to start from, or the classifier's, cannot be read or do not fit.
        RequestError: The classifier's file was not given.
        KeyboardInterrupt: It was interrupted; the last checkpoint can be resumed.
    """
    _quieten_lightning()
    checkpoints = job.output / "checkpoints"
    last = checkpoints / "last.ckpt"
    if last.exists() and not job.resume:
        raise OutputError(
            f"{job.output}: holds a training already; add --resume to go on with it, or choose another --output"
        )
    if job.resume and not last.exists():
        raise OutputError(f"{job.output}: no checkpoint to resume from (looked for {last})")
    chosen = job.recipe.loss.features
    maps = build_feature_maps(chosen, job.features) if chosen else None
    _keep_recipe(job)
    keep_large_buffers()
    lightning.seed_everything(job.recipe.recipe.seed, verbose=False)
    images = load_training_images(job.data, job.recipe.data, job.recipe.scale)
    print(f"{len(images.train)} images to train on, {len(images.held_out)} held out, {len(images.too_small)} too small")
    module = build_module(job.recipe, images, maps)
    if job.initial is not None and not job.resume:
        print(f"started from {job.initial.name}; {_begin(module, job.initial)}")
    trainer = _trainer(job, checkpoints)
    # Lightning's checkpoint holds optimiser and loop state that weights_only cannot load; it is our own file.
    try:
        trainer.fit(module, ckpt_path=str(last) if job.resume else None, weights_only=False if job.resume else None)
    except SystemExit as error:  # how Lightning leaves after a Ctrl-C
        raise KeyboardInterrupt from error
    name = job.recipe.recipe.name
    plot_losses(job.output / "log", job.output / "loss.png", name)
    return export_weights(module, job.recipe.schedule.steps, job.output / f"{name}.safetensors", origin=job.origin)


def _begin(module: RestorationModule, path: Path) -> str:
    """Fill the network from a file, by the recipe's own function or by names; say what came of it."""
    begin = module.recipe.recipe.begin
    if begin is None:
        return f"fresh: {', '.join(load_matching(module.network, path)) or 'nothing'}"
    name, _, attribute = begin.partition(":")
    lr, _ = next(iter(module.train_dataloader()))
    getattr(importlib.import_module(name), attribute)(module.network, path, lr.float() / 255)
    return f"by {attribute}"


def _keep_recipe(job: TrainingJob) -> None:
    """Remember what a folder trains, and refuse to go on with anything else."""
    kept = job.output / "recipe.json"
    wanted = json.dumps(job.recipe.describe(), indent=2, sort_keys=True)
    if job.resume and kept.exists() and kept.read_text(encoding="utf-8") != wanted:
        raise OutputError(
            f"{job.output}: was begun with another recipe; resume with that one, or choose another --output"
        )
    job.output.mkdir(parents=True, exist_ok=True)
    kept.write_text(wanted, encoding="utf-8")


def _quieten_lightning() -> None:
    """Its tips and notices about itself say nothing about the training."""
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module=r"lightning\b.*")


def _trainer(job: TrainingJob, checkpoints: Path) -> lightning.Trainer:
    schedule = job.recipe.schedule
    return lightning.Trainer(
        accelerator={"auto": "auto", "cpu": "cpu", "cuda": "gpu"}[job.device],
        devices=1,
        precision=schedule.precision,
        max_epochs=job.recipe.epochs,
        check_val_every_n_epoch=schedule.validate_every // schedule.checkpoint_every,
        reload_dataloaders_every_n_epochs=1,
        num_sanity_val_steps=0,
        log_every_n_steps=min(50, schedule.checkpoint_every),
        enable_model_summary=False,
        callbacks=[
            EMAWeightAveraging(decay=schedule.ema_decay),
            # One file, replaced atomically.
            ModelCheckpoint(
                checkpoints, filename="last", save_top_k=1, enable_version_counter=False, save_on_train_epoch_end=True
            ),
            TQDMProgressBar(refresh_rate=25),
        ],
        # A folder of its own for each start: a resumed training does not delete what was logged before.
        logger=CSVLogger(job.output, name="log"),
    )
