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
"""Fills a network from a file and a batch of LR patches."""


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
    origin: Path
    features: Path | None = None

    @property
    def initial(self) -> Path | None:
        """Weights to start from; None for fresh ones."""
        name = self.recipe.recipe.start_from
        return None if name is None else self.origin.parent / name


def run_training(job: TrainingJob) -> Path:
    """Train to the end of the recipe and export the averaged weights.

    Returns:
        The safetensors file.

    Raises:
        OutputError: The folder holds another training, or one that was not to be resumed, or nothing to resume.
        DatasetError: The recipe's images are not there.
        WeightsError: The weights to start from, or the classifier's, cannot be read or do not fit.
        RequestError: The classifier's file, the weights to start from or a GPU are not there.
        KeyboardInterrupt: It was interrupted; the last checkpoint can be resumed.
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
    except SystemExit as error:  # how Lightning leaves after a Ctrl-C
        raise KeyboardInterrupt from error
    _take_average(module, last)
    name = job.recipe.recipe.name
    path = export_weights(module, job.output / f"{name}.safetensors", origin=job.origin, sources=sources)
    plot_losses(job.output / "log", job.output / "loss.png", name)
    return path


def _refuse_what_cannot_be(job: TrainingJob, last: Path) -> None:
    """Say what is wrong before anything is read or written."""
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
    """Fill the network from a file, by the recipe's own function or by names; say what came of it."""
    if begin is None:
        fresh = load_matching(module.network, path)
        print(f"started from {path.name}; fresh: {', '.join(fresh) or 'nothing'}")
        return
    lr, _ = next(iter(module.train_dataloader()))
    begin(module.network, path, lr.float() / 255)
    print(f"started from {path.name} by {module.recipe.recipe.begin}")


def _take_average(module: RestorationModule, last: Path) -> None:
    """The averaged weights, from the last checkpoint: a training that was finished before does not hand them on."""
    state = torch.load(last, map_location="cpu", weights_only=False)["state_dict"]  # our own file
    prefix = "network."
    averaged = {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}
    module.network.load_state_dict(averaged)


def _keep_sources(job: TrainingJob, images: TrainingImages) -> dict[str, str]:
    """Remember what a folder trains, and refuse to go on with anything else.

    Returns:
        Hashes of all that a training depends on beside its recipe.
    """
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
