"""The training loop: Lightning's trainer with srbench's checkpoints, logs and export."""

from __future__ import annotations

import hashlib
import json
import logging
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import lightning
import torch
from lightning.pytorch.callbacks import EMAWeightAveraging, ModelCheckpoint, TQDMProgressBar
from lightning.pytorch.loggers import CSVLogger
from torch import Tensor, nn

from srbench.errors import OutputError, RequestError
from srbench_models.training.allocator import keep_large_buffers
from srbench_models.training.export import export_weights
from srbench_models.training.features import build_feature_maps
from srbench_models.training.module import RestorationModule, build_module
from srbench_models.training.patches import TrainingImages, load_training_images
from srbench_models.training.plot import plot_losses
from srbench_models.training.recipe import Recipe
from srbench_models.weights import load_matching

__all__ = ["TrainingJob", "quieten_lightning", "run_training"]

Begin = Callable[[nn.Module, Path, Tensor], None]
"""Initialises a network from a file and a batch of LR patches."""


@dataclass(frozen=True)
class TrainingJob:
    """A training and its options.

    Attributes:
        recipe: The recipe.
        data: Directory with the recipe's image folders.
        output: Folder for checkpoints, log and weights.
        device: `auto`, `cpu` or `cuda`.
        resume: Resume from the last checkpoint in `output`.
        origin: Recipe file; `start_from` is relative to its folder.
        features: Classifier weights, if the recipe's losses need a classifier from a file.
    """

    recipe: Recipe
    data: Path
    output: Path
    device: str
    resume: bool
    origin: Path
    features: Path | None = None

    @property
    def initial(self) -> Path | None:
        """Initial weights; None for random ones."""
        name = self.recipe.recipe.start_from
        return None if name is None else self.origin.parent / name


def run_training(job: TrainingJob) -> Path:
    """Train to the end of the recipe, export the averaged weights, and return the safetensors file.

    Raises:
        OutputError: The folder holds another training or nothing to resume, or `resume` is False and it holds one.
        DatasetError: The recipe's images are missing.
        WeightsError: The initial weights, or the classifier's, cannot be read or do not fit.
        RequestError: The classifier's file, the initial weights or a GPU is missing.
        KeyboardInterrupt: The training was interrupted; the last checkpoint can be resumed.
    """
    quieten_lightning()
    checkpoints = job.output / "checkpoints"
    last = checkpoints / "last.ckpt"
    _refuse_what_cannot_be(job, last)
    begin = job.recipe.load_begin()
    chosen = job.recipe.loss.features
    maps = build_feature_maps(chosen, job.features) if chosen else None
    keep_large_buffers()
    lightning.seed_everything(job.recipe.recipe.seed, verbose=False)
    images = load_training_images(job.data, job.recipe.data, job.recipe.scale)
    print(f"{len(images.train)} images to train on, {len(images.held_out)} held out, {len(images.too_small)} too small")
    sources = _keep_sources(job, images)
    module = build_module(job.recipe, images, maps)
    if job.initial is not None and not job.resume:
        _begin(module, begin, job.initial)
    trainer = _trainer(job, checkpoints)
    # Lightning's checkpoint holds optimiser and loop state that weights_only cannot load; it is our own file.
    try:
        trainer.fit(module, ckpt_path=str(last) if job.resume else None, weights_only=False if job.resume else None)
    except SystemExit as error:  # Lightning's reaction to Ctrl-C
        raise KeyboardInterrupt from error
    _take_average(module, last)
    name = job.recipe.recipe.name
    path = export_weights(module, job.output / f"{name}.safetensors", origin=job.origin, sources=sources)
    plot_losses(job.output / "log", job.output / "loss.png", name)
    return path


def _refuse_what_cannot_be(job: TrainingJob, last: Path) -> None:
    if last.exists() and not job.resume:
        raise OutputError(
            f"{job.output}: holds a training already; add --resume to go on with it, or choose another --output"
        )
    if job.resume and not last.exists():
        raise OutputError(f"{job.output}: no checkpoint to resume from (looked for {last})")
    if job.device == "cuda" and not torch.cuda.is_available():
        raise RequestError("device cuda was asked for and torch finds no GPU; choose auto or cpu")
    if job.initial is not None and not job.initial.is_file():
        recipe = job.initial.with_suffix(".recipe.toml")
        made = f"; train {recipe.name} first, and copy its weights there" if recipe.is_file() else ""
        raise RequestError(f"{job.initial}: the weights to start from are not there{made}")


def _begin(module: RestorationModule, begin: Begin | None, path: Path) -> None:
    """Initialise the network from a file, by the recipe's `begin` function or by tensor names."""
    if begin is None:
        fresh = load_matching(module.network, path)
        print(f"started from {path.name}; fresh: {', '.join(fresh) or 'nothing'}")
        return
    lr, _ = next(iter(module.train_dataloader()))
    begin(module.network, path, lr.float() / 255)
    print(f"started from {path.name} by {module.recipe.recipe.begin}")


def _take_average(module: RestorationModule, last: Path) -> None:
    """Load the averaged weights from the last checkpoint; a resumed, already finished training has none in memory."""
    state = torch.load(last, map_location="cpu", weights_only=False)["state_dict"]  # our own file
    prefix = "network."
    averaged = {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}
    module.network.load_state_dict(averaged)


def _keep_sources(job: TrainingJob, images: TrainingImages) -> dict[str, str]:
    """Store recipe and input hashes in the folder, refuse to resume with different ones, and return the hashes."""
    sources = {
        "training_images_sha256": images.sha256,
        "start_sha256": _sha256(job.initial),
        "features_sha256": _sha256(job.features),
    }
    kept = job.output / "training.json"
    wanted = json.dumps({"recipe": job.recipe.describe(), **sources}, indent=2, sort_keys=True)
    if job.resume and kept.exists() and kept.read_text(encoding="utf-8") != wanted:
        raise OutputError(
            f"{job.output}: was begun with another recipe, other images or other weights to start from; resume with "
            "those, or choose another --output"
        )
    try:
        job.output.mkdir(parents=True, exist_ok=True)
        kept.write_text(wanted, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{kept}: cannot be written ({error.strerror})") from error
    return sources


def _sha256(path: Path | None) -> str:
    return "" if path is None else hashlib.sha256(path.read_bytes()).hexdigest()


def quieten_lightning() -> None:
    """Silence Lightning's tips and notices, which are not about the training."""
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
        # A new folder per start, so that a resumed training keeps earlier logs.
        logger=CSVLogger(job.output, name="log"),
    )
