"""`srbench datasets`: bring datasets to where runs find them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Bring datasets to where runs find them.")


@app.callback()
def datasets() -> None:
    """Bring datasets to where runs find them."""


@app.command("import")
def import_verb(
    name: Annotated[str, typer.Argument(help="A dataset, as `srbench list datasets` names it.")],
    folder: Annotated[Path, typer.Argument(help="Where it lies unpacked.")],
    replace: Annotated[bool, typer.Option("--replace", help="Take the place of an earlier import.")] = False,
) -> None:
    """Verify a dataset on disk and copy it below $SRBENCH_DATA."""
    from srbench.cli.long_work import progress_bar
    from srbench.importing import import_dataset
    from srbench.registry import registry

    entry = registry().dataset(name)
    with progress_bar("images") as progress:
        report = import_dataset(entry, folder, replace=replace, progress=progress)
    checked = "all pixels as its card lists" if report.verified else "decoded; the card lists no hashes to compare with"
    typer.echo(f"{name}: {report.images} images ({checked}) and {report.lr_files} LR files, in {report.folder}")
