"""The verb `srbench train`; heavy imports are deferred to keep `srbench --help` fast."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

import typer

from srbench.errors import RequestError, StoppedError

__all__ = ["train"]


def train(
    recipe: Annotated[Path, typer.Argument(help="A .recipe.toml file.")],
    data: Annotated[
        Path | None,
        typer.Option(help="Directory with the recipe's image folders.  [default: $SRBENCH_DATA/train]"),
    ] = None,
    scale: Annotated[int | None, typer.Option(min=2, max=16, help="Replaces the recipe's scale.")] = None,
    features: Annotated[
        Path | None, typer.Option(help="Weights of SqueezeNet 1.1, for recipes whose losses need it.")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="Folder for checkpoints, log and weights.")] = None,
    device: Annotated[Literal["auto", "cpu", "cuda"], typer.Option(help="Device to train on.")] = "auto",
    resume: Annotated[bool, typer.Option("--resume", help="Resume from the last checkpoint.")] = False,
) -> None:
    """Train a network by a recipe and export its weights."""
    from srbench.files import data_home
    from srbench_models.classifiers.attributes.recipe import is_attribute_recipe, read_attribute_recipe
    from srbench_models.training.recipe import read_recipe

    source = data or data_home() / "train"
    if is_attribute_recipe(recipe):
        if scale is not None or features is not None:
            raise RequestError(f"{recipe}: trains a classifier, which takes neither --scale nor --features")
        faces = read_attribute_recipe(recipe)
        folder = output or Path("training-runs") / faces.classifier.name
        _refuse_without_extra()
        from srbench_models.classifiers.attributes.training import train_attributes

        _run(lambda: train_attributes(faces, source, folder, device=device, resume=resume), folder)
        return
    chosen = read_recipe(recipe, scale)
    folder = output or Path("training-runs") / chosen.recipe.name
    _refuse_without_extra()
    from srbench_models.training.loop import TrainingJob, run_training

    job = TrainingJob(
        recipe=chosen, data=source, output=folder, device=device, resume=resume, origin=recipe, features=features
    )
    _run(lambda: run_training(job), folder)


def _refuse_without_extra() -> None:
    try:
        import lightning  # noqa: F401  # checks that the extra is installed
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise RequestError(f"training needs more packages ({error}); install: pip install 'srbench[train]'") from error


def _run(training: Callable[[], Path], folder: Path) -> None:
    try:
        print(f"weights written to {training()}")
    except KeyboardInterrupt:
        raise StoppedError(f"interrupted; the last checkpoint is kept in {folder}: add --resume to go on") from None
