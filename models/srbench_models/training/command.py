"""The verb `srbench train`; heavy imports wait until a recipe has been read."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from srbench.errors import RequestError
from srbench_models.training.recipe import read_recipe

__all__ = ["train"]


def train(
    recipe: Annotated[Path, typer.Argument(help="A .recipe.toml file.")],
    data: Annotated[Path, typer.Option(help="Directory that holds the recipe's image folders.")],
    output: Annotated[Path | None, typer.Option(help="Folder for checkpoints, log and weights.")] = None,
    device: Annotated[Literal["auto", "cpu", "cuda"], typer.Option(help="Where to train.")] = "auto",
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint.")] = False,
) -> None:
    """Train a network by a recipe and export its weights."""
    chosen = read_recipe(recipe)
    try:
        import lightning  # noqa: F401  # is the extra there?
    except ImportError as error:
        raise RequestError(
            f"training needs Lightning ({error}); install it with: pip install 'srbench[train]'"
        ) from error
    from srbench_models.training.loop import TrainingJob, run_training

    initial = recipe.parent / chosen.recipe.start_from if chosen.recipe.start_from else None
    job = TrainingJob(chosen, data, output or Path("training-runs") / chosen.recipe.name, device, resume, initial)
    try:
        print(f"weights written to {run_training(job)}")
    except KeyboardInterrupt:
        print(f"interrupted; the last whole epoch is kept in {job.output}: add --resume to go on", file=sys.stderr)
        raise typer.Exit(130) from None
