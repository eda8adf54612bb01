"""Printing the result of a run."""

import typer

from srbench.files import shown
from srbench.harness.result import RunResult
from srbench.leaderboard import to_text
from srbench.runs import Run


def sound(run: Run) -> Run:
    """Return a run that was read, after a note on stderr for each of its records that is left out as damaged."""
    for line in run.damaged:
        typer.echo(f"note: {line}", err=True)
    return run


def show_result(result: RunResult) -> None:
    """Print the table and the notes; exit with code 1 if an image or a timing failed."""
    typer.echo(to_text(result.board))
    for note in result.notes:
        typer.echo(f"note: {note}", err=True)
    if result.reused:
        typer.echo(f"note: {result.reused} of {len(result.items)} records were finished before", err=True)
    if result.folder:
        typer.echo(f"\nwritten to {shown(result.folder)}")
    if result.failed:
        typer.echo(f"error: {result.failed} of {len(result.items)} records failed; see the notes above", err=True)
    if result.untimed:
        typer.echo(f"error: {result.untimed} timings failed; see the notes above", err=True)
    if result.failed or result.untimed:
        raise typer.Exit(1)
