"""`srbench leaderboard`: the table of one run or of several."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from srbench.cli.options import JsonFlag
from srbench.cli.parsing import names
from srbench.errors import RequestError

__all__ = ["leaderboard"]


def leaderboard(
    folders: Annotated[list[Path], typer.Argument(help="Run folders.")],
    output: Annotated[
        Path | None, typer.Option(help="Also write leaderboard.csv and .md, and attributes.csv, into this folder.")
    ] = None,
    sort: Annotated[str, typer.Option(help="A column to sort by: ssim, celeba-attributes:accuracy, …")] = "",
    rank: Annotated[str, typer.Option(help="Columns, separated by commas: sort by the mean rank over them.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Print the table of one or several run folders, finished or not."""
    from srbench.leaderboard import (
        collect_attributes,
        collected,
        ranked,
        sorted_by,
        to_text,
        write_attributes,
        write_leaderboard,
    )

    if sort and rank:
        raise RequestError("--sort and --rank both order the rows; choose one")
    table, remarks = collected(folders)
    if sort:
        table = sorted_by(table, sort)
        remarks = [f"sorted by {sort}, within each table", *remarks]
    if rank:
        table = ranked(table, names(rank))
        remarks = [f"sorted by the mean rank over {', '.join(names(rank))}, within each table", *remarks]
    typer.echo(
        table.to_json(orient="records", indent=2, force_ascii=False)
        if as_json
        else to_text(table, ordered=bool(sort or rank))
    )
    for remark in remarks:
        typer.echo(f"note: {remark}", err=True)
    if output:
        write_leaderboard(output, table, remarks, ordered=bool(sort or rank))
        write_attributes(output, collect_attributes(folders))
        typer.echo(f"written to {output}", err=True)
