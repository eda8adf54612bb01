"""`srbench leaderboard`: the table of one run or of several."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from srbench.cli.options import JsonFlag

__all__ = ["leaderboard"]


def leaderboard(
    folders: Annotated[list[Path], typer.Argument(help="Run folders.")],
    output: Annotated[Path | None, typer.Option(help="Also write leaderboard.csv and .md into this folder.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Print the table of one or several run folders, finished or not."""
    from srbench.rendering import to_text
    from srbench.runs import collect, write_leaderboard

    table, remarks = collect(folders)
    typer.echo(table.to_json(orient="records", indent=2, force_ascii=False) if as_json else to_text(table))
    for remark in remarks:
        typer.echo(f"note: {remark}", err=True)
    if output:
        write_leaderboard(output, table, remarks)
        typer.echo(f"written to {output}", err=True)
