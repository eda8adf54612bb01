"""`srbench leaderboard`: the table of one or several runs."""

from pathlib import Path
from typing import Annotated

import typer

from srbench.cli.options import JsonFlag
from srbench.cli.parsing import names
from srbench.errors import OutputError, RequestError


def leaderboard(
    folders: Annotated[list[Path], typer.Argument(help="Run folders.")],
    output: Annotated[
        Path | None, typer.Option(help="Also write leaderboard.csv and .md, and attributes.csv, into this folder.")
    ] = None,
    sort: Annotated[str, typer.Option(help="A column to sort by: ssim, celeba-attributes:accuracy, …")] = "",
    rank: Annotated[str, typer.Option(help="Columns, separated by commas: sort by the mean rank over them.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Print the table of one or several run folders, complete or not."""
    from srbench.files import expanded
    from srbench.leaderboard import (
        collect_attributes,
        collected,
        ranked,
        sorted_by,
        to_text,
        write_attributes,
        write_leaderboard,
    )
    from srbench.runs import open_runs

    if sort and rank:
        raise RequestError("--sort and --rank both order the rows; choose one")
    runs = open_runs(folders)
    board = collected(runs)
    if sort:
        board = sorted_by(board, sort)
    if rank:
        board = ranked(board, names(rank))
    as_text = board.table.to_json(orient="records", indent=2, force_ascii=False) if as_json else to_text(board)
    typer.echo(as_text)
    for note in board.notes:
        typer.echo(f"note: {note}", err=True)
    if output:
        output = expanded(output)
        write_leaderboard(output, board, OutputError)
        write_attributes(output, collect_attributes(runs))
        typer.echo(f"written to {output}", err=True)
