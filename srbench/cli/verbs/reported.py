"""`srbench reported`: figures of report cards beside measured ones."""

from pathlib import Path
from typing import Annotated

import typer


def reported(
    folders: Annotated[list[Path], typer.Argument(help="Run folders.")],
    output: Annotated[Path, typer.Option(help="Folder for reports.md.")],
) -> None:
    """Write a page with the figures of report cards beside those of runs."""
    from srbench.harness.literature.reported import write_report_page

    typer.echo(f"written to {write_report_page(folders, output)}")
