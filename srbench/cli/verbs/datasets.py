"""`srbench datasets`: import, download and prepare datasets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from srbench.cli.parsing import shares

if TYPE_CHECKING:
    from collections.abc import Callable

    from srbench.api import Progress
    from srbench.datasets import ImportReport

ReplaceFlag = Annotated[bool, typer.Option("--replace", help="Replace an earlier import.")]
app = typer.Typer(no_args_is_help=True, help="Import, download and prepare datasets.")


@app.callback()
def datasets() -> None:
    """Import, download and prepare datasets."""


@app.command("import")
def import_verb(
    name: Annotated[str, typer.Argument(help="Dataset name; see `srbench list datasets`.")],
    sources: Annotated[list[Path], typer.Argument(help="Folder of the dataset, or its archives and files.")],
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
    names: Annotated[list[str], typer.Argument(help="Dataset names; see `srbench list datasets`.")],
    replace: ReplaceFlag = False,
    keep_archive: Annotated[bool, typer.Option("--keep-archive", help="Keep the downloads in the cache.")] = False,
) -> None:
    """Download, verify, unpack and import datasets."""
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
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to create.")],
    side: Annotated[
        int | None, typer.Option(help="Crop the central square and resize it to this side, in pixels.")
    ] = None,
    least_side: Annotated[
        int | None, typer.Option(help="Skip images with a shorter side, in pixels; default: --side.")
    ] = None,
    parts: Annotated[
        str, typer.Option(help="Folders and percentages, assigned by hash of the name: train=75,val=20,test=5.")
    ] = "",
    ids: Annotated[str, typer.Option(help="First and last image by name: 009001-010000.")] = "",
    labels: Annotated[Path | None, typer.Option(help="Attribute file in CelebA's format, or a labels.csv.")] = None,
    split: Annotated[str, typer.Option(help="Split, for datasets with several.")] = "",
    limit: Annotated[int | None, typer.Option(help="Maximum number of images, always the same ones.")] = None,
) -> None:
    """Build a dataset folder from existing images: select, crop to squares, split into parts, keep labels."""
    from srbench.cli.progress import progress_bar
    from srbench.datasets import Preparation, prepare_folder, selected
    from srbench.harness.arguments.table import DATASET

    preparation = Preparation(side, least_side, shares(parts))
    chosen = selected(DATASET.of("source", source), split=split, limit=limit, ids=ids, labels=labels)
    with progress_bar("images") as progress:
        report = prepare_folder(chosen.samples, output, preparation, labels=chosen.labels, progress=progress)
    for part, count in report.parts.items():
        typer.echo(f"{part}: {count} images")
    typer.echo(f"left out as too small: {report.too_small}; written to {output}")


def _show(name: str, report: ImportReport) -> None:
    checked = "all pixels as its card lists" if report.verified else "decoded; the card lists no hashes to compare with"
    if differing := report.differing:
        first = f"{', '.join(differing[:4])}{' …' if len(differing) > 4 else ''}"
        checked = f"{len(differing)} with other pixels than its card lists: {first}; runs warn of them"
    splits = f" ({', '.join(f'{split} {count}' for split, count in report.splits.items())})" if report.splits else ""
    typer.echo(f"{name}: {report.images} images{splits} ({checked}) and {report.lr_files} LR files, in {report.folder}")
