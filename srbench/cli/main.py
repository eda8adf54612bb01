"""The command line: built-in verbs, verbs of packs, errors as one line on stderr."""

import io
import sys
from collections.abc import Callable, Sequence
from functools import lru_cache, wraps
from importlib.metadata import EntryPoint, entry_points, version
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException
from typer.main import get_command

from srbench.cli.verbs import datasets
from srbench.cli.verbs.bench import bench
from srbench.cli.verbs.compare import compare
from srbench.cli.verbs.explain import explain
from srbench.cli.verbs.leaderboard import leaderboard
from srbench.cli.verbs.list import list_cards
from srbench.cli.verbs.plot import plot
from srbench.cli.verbs.report import report
from srbench.cli.verbs.reported import reported
from srbench.cli.verbs.run import run
from srbench.cli.verbs.score import score
from srbench.cli.verbs.show import show
from srbench.cli.verbs.upscale import upscale
from srbench.cli.verbs.verify import verify
from srbench.errors import CardError, SRBenchError, StoppedError, one_line

VERB_GROUP = "srbench.verbs"
"""Entry-point group: each entry is a function that becomes a verb, so packs can add verbs."""


class _Verbs(TyperGroup):
    """Built-in verbs, and verbs of packs loaded on demand; any error is one line on stderr."""

    def list_commands(self, ctx: Any) -> list[str]:
        own = super().list_commands(ctx)
        return [*own, *_pack_verbs(tuple(own))]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        points = _pack_verbs(tuple(super().list_commands(ctx)))
        return _load_verb(points[cmd_name]) if cmd_name in points else super().get_command(ctx, cmd_name)

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        *_: Any,
        standalone_mode: bool = True,
        **more: Any,
    ) -> Any:
        if not standalone_mode:
            return super().main(args, prog_name, standalone_mode=False, **more)
        try:
            code = super().main(args, prog_name, standalone_mode=False, **more)
        except SRBenchError as error:
            _fail(str(error), error.exit_code)
        except TyperException as error:
            message = " ".join(error.format_message().split())
            # Without arguments, typer has already printed the help.
            _fail(message, 2) if message else sys.exit(2)
        except (typer.Abort, KeyboardInterrupt):
            code = StoppedError.exit_code
        if code == StoppedError.exit_code:  # typer also returns it after Ctrl-C
            _fail("interrupted", code)
        sys.exit(code if isinstance(code, int) else 0)


def _fail(message: str, code: int) -> None:
    # A path in the message may hold a line feed, or bytes that are no text.
    plain = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in message)
    typer.echo(f"error: {plain}", err=True)
    sys.exit(code)


@lru_cache(maxsize=1)
def _pack_verbs(own: tuple[str, ...]) -> dict[str, EntryPoint]:
    """Verbs of packs by name; raises CardError if two packs, or a pack and srbench, claim the same name."""
    found: dict[str, EntryPoint] = {}
    for point in sorted(entry_points(group=VERB_GROUP), key=lambda point: point.name):
        if point.name in own or point.name in found:
            other = found[point.name].value if point.name in found else "srbench itself"
            raise CardError(f"verb {point.name!r} is claimed by {other} and by {point.value}; uninstall one")
        found[point.name] = point
    return found


def _load_verb(point: EntryPoint) -> Any:
    try:
        function = point.load()
    except Exception as error:  # a pack's code may raise anything
        raise CardError(f"verb {point.name!r}: cannot load {point.value} ({one_line(error)})") from error
    verb = typer.Typer(add_completion=False)
    verb.command(point.name)(function)
    return get_command(verb)


app = typer.Typer(
    cls=_Verbs,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


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
    """Benchmark single-image super-resolution; every score states its protocol."""


def _tuned(verb: Callable[..., None]) -> Callable[..., None]:
    """Tune this process for measuring before the verb runs."""

    @wraps(verb)
    def tuned(*arguments: Any, **options: Any) -> None:
        from srbench.methods import tune  # here, because `--help` must not import torch

        tune()
        verb(*arguments, **options)

    return tuned


for computing in (run, score, upscale, verify, explain, bench, show):
    app.command()(_tuned(computing))
for reading in (leaderboard, compare, report, plot, reported):
    app.command()(reading)
app.command("list")(list_cards)
app.command("reports", hidden=True)(reported)  # its name before version 0.2
app.add_typer(datasets.app, name="datasets")


def main() -> None:
    """Run the command line; characters missing from the terminal's encoding are replaced."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    app()
