"""The verb `srbench train`; imports wait until it is called, so that `srbench --help` can list it at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from srbench.errors import RequestError, StoppedError

__all__ = ["train"]


def train(
    recipe: Annotated[Path, typer.Argument(help="A .recipe.toml file.")],
    data: Annotated[
        Path | None,
        typer.Option(help="Directory that holds the recipe's image folders.  [default: $SRBENCH_DATA/train]"),
    ] = None,
    scale: Annotated[int | None, typer.Option(min=2, max=16, help="In place of the recipe's own factor.")] = None,
    features: Annotated[
        Path | None, typer.Option(help="SqueezeNet 1.1, for recipes with a perceptual or texture loss.")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="Folder for checkpoints, log and weights.")] = None,
    device: Annotated[Literal["auto", "cpu", "cuda"], typer.Option(help="Where to train.")] = "auto",
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint.")] = False,
) -> None:
    """Train a network by a recipe and export its weights."""
    from srbench.folders import data_home
    from srbench_models.training.recipe import read_recipe

    chosen = read_recipe(recipe, scale)
    try:
        import lightning  # noqa: F401  # is the extra there?
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise RequestError(f"training needs more packages ({error}); install: pip install 'srbench[train]'") from error
    from srbench_models.training.loop import TrainingJob, run_training

    job = TrainingJob(
        recipe=chosen,
        data=data or data_home() / "train",
        output=output or Path("training-runs") / chosen.recipe.name,
        device=device,
        resume=resume,
        origin=recipe,
        features=features,
    )
    try:
        print(f"weights written to {run_training(job)}")
    except KeyboardInterrupt:
        raise StoppedError(f"interrupted; the last checkpoint is kept in {job.output}: add --resume to go on") from None
