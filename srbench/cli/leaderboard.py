"""`srbench leaderboard`: the table of one run or of several."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["leaderboard"]


def leaderboard(
    folders: Annotated[list[Path], typer.Argument(help="Run folders.")],
    output: Annotated[Path | None, typer.Option(help="Also write leaderboard.csv and .md into this folder.")] = None,
) -> None:
    """Print the table of one or several run folders, finished or not."""
    from srbench.errors import OutputError
    from srbench.leaderboard import build_table, merge_tables, notes
    from srbench.rendering import to_csv, to_markdown, to_text
    from srbench.store import read_records, read_run, write_whole

    runs = {folder.name: (read_run(folder), read_records(folder)) for folder in folders}
    table = merge_tables({name: build_table(*run) for name, run in runs.items()})
    remarks = list(dict.fromkeys(remark for run in runs.values() for remark in notes(*run)))
    typer.echo(to_text(table))
    for remark in remarks:
        typer.echo(f"note: {remark}", err=True)
    if output:
        try:
            output.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{output}: cannot be created ({error.strerror})") from error
        write_whole(output / "leaderboard.csv", to_csv(table))
        write_whole(output / "leaderboard.md", to_markdown(table, remarks))
        typer.echo(f"\nwritten to {output}")
