"""Training of the attribute network: Lightning's loop, a log, a checkpoint per epoch, export to safetensors."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import lightning
import torch
from lightning.pytorch.callbacks import ModelCheckpoint, TQDMProgressBar
from lightning.pytorch.loggers import CSVLogger
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional
from torch.utils.data import DataLoader, Sampler

from srbench.errors import OutputError, RequestError
from srbench.files import atomic_write
from srbench_models.classifiers.attributes.faces import Faces, accuracies, altered, load_faces, majority
from srbench_models.classifiers.attributes.network import AttributeNetwork
from srbench_models.classifiers.attributes.recipe import AttributeRecipe
from srbench_models.training.loop import quieten_lightning

__all__ = ["train_attributes"]


def train_attributes(
    recipe: AttributeRecipe, data: Path, output: Path, *, device: str = "auto", resume: bool = False
) -> Path:
    """Train to the end of the recipe and write the weights in half precision.

    Returns:
        The safetensors file; its metadata holds the recipe, the held-out accuracy, and the accuracy of always
        predicting each attribute's more frequent value.

    Raises:
        DatasetError: The recipe's images or labels are missing, or do not match.
        OutputError: The folder holds another training, has nothing to resume, or cannot be written; or `resume` is
            False and it holds a training.
        RequestError: No GPU is available.
        KeyboardInterrupt: The training was interrupted; the last checkpoint can be resumed.
    """
    last = output / "checkpoints" / "last.ckpt"
    if last.exists() != resume:
        what = "holds a training already; add --resume" if last.exists() else "holds no training; leave out --resume"
        raise OutputError(f"{output}: {what}, or choose another --output")
    if device == "cuda" and not torch.cuda.is_available():
        raise RequestError("device cuda was asked for and torch finds no GPU; choose auto or cpu")
    quieten_lightning()
    lightning.seed_everything(recipe.classifier.seed, verbose=False)
    spans = (recipe.data.train, recipe.data.held_out)
    train, held_out = (load_faces(data / recipe.data.images, data / recipe.data.labels, span) for span in spans)
    print(f"{len(train)} faces to train on, {len(held_out)} held out, {len(train.names)} attributes")
    _keep_sources(recipe, train, output, resume=resume)
    module = _Module(recipe, train, held_out)
    trainer = lightning.Trainer(
        accelerator={"auto": "auto", "cpu": "cpu", "cuda": "gpu"}[device],
        devices=1,
        precision="bf16-mixed",
        max_epochs=recipe.schedule.epochs,
        num_sanity_val_steps=0,
        enable_model_summary=False,
        callbacks=[
            ModelCheckpoint(
                last.parent, filename="last", save_top_k=1, enable_version_counter=False, save_on_train_epoch_end=True
            ),
            TQDMProgressBar(refresh_rate=25),
        ],
        logger=CSVLogger(output, name="log"),
    )
    try:
        # Our own file: Lightning's checkpoint holds optimiser and loop state that weights_only cannot load.
        trainer.fit(module, ckpt_path=str(last) if resume else None, weights_only=False if resume else None)
    except SystemExit as error:  # Lightning's reaction to Ctrl-C
        raise KeyboardInterrupt from error
    return _export(module, recipe, output)


def _keep_sources(recipe: AttributeRecipe, train: Faces, output: Path, *, resume: bool) -> None:
    """Store the recipe and an image hash in the folder; refuse to resume with different ones."""
    kept = output / "training.json"
    wanted = json.dumps({"recipe": recipe.model_dump(mode="json"), "images": _sha256(train)}, indent=2, sort_keys=True)
    if resume and kept.is_file() and kept.read_text(encoding="utf-8") != wanted:
        raise OutputError(f"{output}: was begun with another recipe or other images; choose another --output")
    try:
        output.mkdir(parents=True, exist_ok=True)
        kept.write_text(wanted, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{kept}: cannot be written ({error.strerror})") from error


class _Module(lightning.LightningModule):
    def __init__(self, recipe: AttributeRecipe, train: Faces, held_out: Faces) -> None:
        super().__init__()
        self.recipe, self.train_faces, self.held_out = recipe, train, held_out
        self.network = AttributeNetwork(len(train.names), recipe.classifier.channels, recipe.classifier.dropout)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch: untyped
        self._outputs: list[Tensor] = []

    def training_step(self, batch: tuple[Tensor, Tensor], index: int) -> Tensor:
        images, attributes = batch
        # Seeded per step, so that a resumed training draws the same dropout and augmentation.
        torch.manual_seed(self.recipe.classifier.seed + self.global_step)
        generator = torch.Generator().manual_seed(self.recipe.classifier.seed + self.global_step)
        logits = self.network(altered(images, generator).contiguous(memory_format=torch.channels_last))
        loss = functional.binary_cross_entropy_with_logits(logits, attributes.float())
        self.log("loss", loss, on_epoch=True, on_step=False)
        return loss

    def validation_step(self, batch: tuple[Tensor, Tensor], index: int) -> None:
        self._outputs.append(self.network(batch[0].float() / 255).float())

    def on_validation_epoch_end(self) -> None:
        accuracy = accuracies(self._outputs, self.held_out.attributes.to(self.device)).mean()
        self._outputs.clear()
        self.log("held_out_accuracy", accuracy, prog_bar=True)

    def configure_optimizers(self) -> OptimizerLRScheduler:
        schedule = self.recipe.schedule
        optimizer = torch.optim.AdamW(
            self.parameters(), lr=schedule.learning_rate, weight_decay=schedule.weight_decay, fused=True
        )
        cycle = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, schedule.learning_rate, total_steps=int(self.trainer.estimated_stepping_batches), pct_start=0.2
        )
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": cycle, "interval": "step"}}

    def train_dataloader(self) -> DataLoader[tuple[Tensor, Tensor]]:
        return DataLoader(self.train_faces, self.recipe.schedule.batch, sampler=_EpochOrder(self), drop_last=True)

    def val_dataloader(self) -> DataLoader[tuple[Tensor, Tensor]]:
        return DataLoader(self.held_out, 256)


class _EpochOrder(Sampler[int]):
    """Random order, seeded by epoch, so that a resumed training repeats it."""

    def __init__(self, module: _Module) -> None:
        self._module = module

    def __len__(self) -> int:
        return len(self._module.train_faces)

    def __iter__(self) -> Iterator[int]:
        generator = torch.Generator().manual_seed(self._module.recipe.classifier.seed + self._module.current_epoch)
        yield from torch.randperm(len(self), generator=generator).tolist()


def _export(module: _Module, recipe: AttributeRecipe, output: Path) -> Path:
    network = module.network.cpu().float().eval()
    state = {
        name: value.detach().contiguous().half() if value.is_floating_point() else value
        for name, value in network.state_dict().items()
    }
    network.load_state_dict(state)
    held_out, attributes = module.held_out, module.held_out.attributes
    with torch.inference_mode():
        found = accuracies(
            [network(held_out.images[i : i + 256].float() / 255) for i in range(0, len(held_out), 256)], attributes
        )
    common = (attributes == majority(module.train_faces.attributes)).float().mean()
    metadata = {
        "recipe": json.dumps(recipe.model_dump(mode="json"), sort_keys=True),
        "classes": " ".join(held_out.names),
        "training_images": str(len(module.train_faces)),
        "training_images_sha256": _sha256(module.train_faces),
        "held_out_images": str(len(held_out)),
        "held_out_accuracy": f"{float(found.mean()):.4f}",
        "commoner_value_accuracy": f"{float(common):.4f}",
        "torch": torch.__version__,
    }
    path = output / f"{recipe.classifier.name}.safetensors"
    try:
        with atomic_write(path) as partial:
            save_file(state, partial, metadata=metadata)
            partial.chmod(0o644)  # safetensors writes files readable by the owner only
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error}); make room and add --resume") from error
    print(
        f"held-out accuracy {metadata['held_out_accuracy']}; always the commoner value: "
        f"{metadata['commoner_value_accuracy']}"
    )
    return path


def _sha256(faces: Faces) -> str:
    return hashlib.sha256(faces.images.numpy().tobytes() + faces.attributes.numpy().tobytes()).hexdigest()
