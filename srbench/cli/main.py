"""Wiring: verbs of the engine, verbs of packs, and how errors leave the program."""

from __future__ import annotations

from importlib.metadata import entry_points, version
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from srbench.cli import datasets
from srbench.cli.leaderboard import leaderboard
from srbench.cli.listing import list_cards
from srbench.cli.run import run
from srbench.cli.score import score
from srbench.cli.verify import verify
from srbench.errors import SRBenchError

__all__ = ["VERB_GROUP", "app", "main"]

VERB_GROUP = "srbench.verbs"
"""Entry points of this group are functions that become verbs, so that a pack can bring its own."""


class _OneLineErrors(TyperGroup):
    """Any srbench error becomes one line on stderr and the exit code of its class."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except SRBenchError as error:
            typer.echo(f"error: {error}", err=True)
            raise typer.Exit(error.exit_code) from error


app = typer.Typer(cls=_OneLineErrors, no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"srbench {version('srbench')}")
        raise typer.Exit


@app.callback()
def srbench(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Measure single-image super-resolution in numbers that carry their protocol."""


app.command()(run)
app.command("list")(list_cards)
app.command()(score)
app.command()(verify)
app.command()(leaderboard)
app.add_typer(datasets.app, name="datasets")
for _point in entry_points(group=VERB_GROUP):
    app.command(_point.name)(_point.load())


def main() -> None:
    """Run the command line."""
    app()
