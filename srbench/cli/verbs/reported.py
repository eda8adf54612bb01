"""`srbench reported`: figures of student reports beside ours."""

from pathlib import Path
from typing import Annotated

import typer


def reported(
    folders: Annotated[list[Path], typer.Argument(help="Run folders.")],
    output: Annotated[Path, typer.Option(help="Folder for reports.md.")],
) -> None:
    """Set the figures of the report cards beside those of runs, as a page."""
    from srbench.harness.literature.reported import write_report_page

    typer.echo(f"written to {write_report_page(folders, output)}")
