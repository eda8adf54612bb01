"""`srbench report`: run folders as an HTML page."""

from pathlib import Path
from typing import Annotated

import typer


def report(
    folders: Annotated[list[Path], typer.Argument(help="Run folders; images are shown if run with --save-images.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="HTML file to write.")],
    title: Annotated[str, typer.Option(help="Page title; default: the folders' names.")] = "",
) -> None:
    """Write one self-contained HTML page: leaderboards, charts, and the images side by side."""
    from srbench.cli.progress import progress_bar
    from srbench.report import write_page

    with progress_bar("images") as progress:
        written = write_page(folders, output, title, progress)
    for problem in written.problems:
        typer.echo(f"note: {problem}", err=True)
    cropped = f", {written.cropped} of them cropped to keep it small" if written.cropped else ""
    none = "none of the saved images can be shown" if written.saved else "no images: run with --save-images for them"
    pictures = f"{written.images} images{cropped}" if written.images else none
    typer.echo(f"{output}: {written.size / 1e6:.1f} MB, {pictures}")
