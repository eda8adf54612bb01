"""`srbench reports`: reported figures beside ours."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["reports"]


def reports(
    folders: Annotated[list[Path], typer.Argument(help="Run folders.")],
    output: Annotated[Path, typer.Option(help="Folder for reports.md.")],
) -> None:
    """Set the figures of the report cards beside those of runs, as a page."""
    from srbench.cards import installed_cards
    from srbench.errors import RequestError
    from srbench.harness.literature.reported import write_report_page

    cards = [entry.card for entry in installed_cards().reports.values()]
    if not cards:
        raise RequestError("no installed pack has a report card")
    write_report_page(cards, folders, output / "reports.md")
    typer.echo(f"written to {output / 'reports.md'}")
