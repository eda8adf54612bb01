"""`srbench datasets`: bring datasets to where runs find them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from srbench.cli.parsing import shares

if TYPE_CHECKING:
    from collections.abc import Callable

    from srbench.api import Progress
    from srbench.datasets import ImportReport

ReplaceFlag = Annotated[bool, typer.Option("--replace", help="Take the place of an earlier import.")]
app = typer.Typer(no_args_is_help=True, help="Bring datasets to where runs find them.")


@app.callback()
def datasets() -> None:
    """Bring datasets to where runs find them."""


@app.command("import")
def import_verb(
    name: Annotated[str, typer.Argument(help="A dataset, as `srbench list datasets` names it.")],
    sources: Annotated[list[Path], typer.Argument(help="The folder it lies in, or its archives and files.")],
    replace: ReplaceFlag = False,
) -> None:
    """Verify a dataset on disk and copy it below $SRBENCH_DATA."""
    from srbench.cli.progress import progress_bar
    from srbench.datasets import import_named

    with progress_bar("images") as progress:
        report = import_named(name, sources, replace=replace, progress=progress)
    _show(name, report)


@app.command("fetch")
def fetch_verb(
    names: Annotated[list[str], typer.Argument(help="Datasets, as `srbench list datasets` names them.")],
    replace: ReplaceFlag = False,
    keep_archive: Annotated[bool, typer.Option("--keep-archive", help="Leave the downloads in the cache.")] = False,
) -> None:
    """Download datasets, check and unpack them, then import them."""
    from srbench.cli.progress import progress_bar
    from srbench.datasets import fetch_datasets

    with progress_bar("MiB, then images") as progress:

        def begun(title: str) -> tuple[Callable[[str], Callable[[int, int | None], None]], Progress]:
            typer.echo(title, err=True)
            return lambda _: lambda done, whole: progress(done >> 20, (whole or done) >> 20), progress

        for name, report in fetch_datasets(names, replace=replace, keep_archive=keep_archive, begun=begun):
            if report is None:
                typer.echo(f"{name}: already there; add --replace to fetch it again")
            else:
                _show(name, report)


@app.command("prepare")
def prepare_verb(
    source: Annotated[str, typer.Argument(help="A folder of images, or an imported dataset's name.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder to make.")],
    side: Annotated[
        int | None, typer.Option(help="Cut the middle square and bring it to this side, in pixels.")
    ] = None,
    least_side: Annotated[
        int | None, typer.Option(help="Leave out images with a shorter side; --side's if not said.")
    ] = None,
    parts: Annotated[str, typer.Option(help="Folders and shares by hash of the name: train=75,val=20,test=5.")] = "",
    ids: Annotated[str, typer.Option(help="First and last image by name: 009001-010000.")] = "",
    labels: Annotated[Path | None, typer.Option(help="A file of attributes in CelebA's form, or a labels.csv.")] = None,
    split: Annotated[str, typer.Option(help="Of a dataset that has several.")] = "",
    limit: Annotated[int | None, typer.Option(help="At most so many images, always the same.")] = None,
) -> None:
    """Make a folder of images for runs from other images: some, squares, in parts, with their labels."""
    from srbench.cli.progress import progress_bar
    from srbench.datasets import Preparation, prepare_folder, selected

    preparation = Preparation(side, least_side, shares(parts))
    chosen = selected(source, split=split, limit=limit, ids=ids, labels=labels)
    with progress_bar("images") as progress:
        report = prepare_folder(chosen.samples, output, preparation, labels=chosen.labels, progress=progress)
    for part, count in report.parts.items():
        typer.echo(f"{part}: {count} images")
    typer.echo(f"left out as too small: {report.too_small}; written to {output}")


def _show(name: str, report: ImportReport) -> None:
    checked = "all pixels as its card lists" if report.verified else "decoded; the card lists no hashes to compare with"
    splits = f" ({', '.join(f'{split} {count}' for split, count in report.splits.items())})" if report.splits else ""
    typer.echo(f"{name}: {report.images} images{splits} ({checked}) and {report.lr_files} LR files, in {report.folder}")
