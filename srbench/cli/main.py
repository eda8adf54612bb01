"""The command line: built-in verbs, verbs of packs, errors as one line on stderr."""

import errno
import io
import os
import signal
import sys
from collections.abc import Callable, Sequence
from functools import lru_cache, wraps
from importlib.metadata import EntryPoint, entry_points, version
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException
from typer.main import get_command

from srbench.cli.process.environment import check_environment, forget_window_system
from srbench.cli.process.stopping import as_usual, end_at_once, last_words, stoppable
from srbench.cli.verbs import datasets
from srbench.cli.verbs.bench import bench
from srbench.cli.verbs.compare import compare
from srbench.cli.verbs.explain import explain
from srbench.cli.verbs.export import export
from srbench.cli.verbs.leaderboard import leaderboard
from srbench.cli.verbs.list import list_cards
from srbench.cli.verbs.plot import plot
from srbench.cli.verbs.rank import rank
from srbench.cli.verbs.report import report
from srbench.cli.verbs.reported import reported
from srbench.cli.verbs.rescore import rescore
from srbench.cli.verbs.run import plan, run
from srbench.cli.verbs.score import score
from srbench.cli.verbs.show import show
from srbench.cli.verbs.upscale import upscale
from srbench.cli.verbs.verify import verify
from srbench.cli.words import plain_message, refuse_empty
from srbench.errors import CardError, SRBenchError, StoppedError, one_line
from srbench.harness.catalogue import left_out

_OUTPUT_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EBADF)
"""Errors of writing to a standard stream; errors of files name a file, or are SRBenchErrors."""

VERB_GROUP = "srbench.verbs"
"""Entry-point group: each entry is a function that becomes a verb, so packs can add verbs."""


class _Verbs(TyperGroup):
    """Built-in verbs, and verbs of packs loaded on demand; any error is one line on stderr."""

    def list_commands(self, ctx: Any) -> list[str]:
        own = super().list_commands(ctx)
        return [*own, *(name for name in _pack_verbs() if name not in own and _loads(name))]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        own = super().get_command(ctx, cmd_name)
        return _load_verb(cmd_name) if own is None and cmd_name in _pack_verbs() else own

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
            try:
                refuse_empty(sys.argv[1:] if args is None else args)
                with as_usual(signal.SIGINT):
                    code = super().main(args, prog_name, standalone_mode=False, **more)
            finally:
                for line in (*self._left_out_verbs(), *left_out()):
                    typer.echo(f"note: {line}", err=True)
        except StoppedError as error:
            _stopped(str(error))
        except SRBenchError as error:
            _fail(str(error), error.exit_code)
        except TyperException as error:
            message = plain_message(error.format_message())
            # Without arguments, typer has already printed the help.
            _fail(message, 2) if message else sys.exit(2)
        except OSError as error:
            if error.filename is not None or error.errno not in _OUTPUT_ERRORS:
                raise
            _give_up_output(error)
        except (typer.Abort, KeyboardInterrupt):
            code = StoppedError.exit_code
        if code == StoppedError.exit_code:  # typer also returns it after Ctrl-C
            _stopped("interrupted")
        sys.exit(code if isinstance(code, int) else 0)

    def _left_out_verbs(self) -> list[str]:
        """A line for each pack's verb that has the name of one of srbench's."""
        return [
            f"verb {name!r} of {point.value} is left out: srbench has a verb of that name; uninstall its pack"
            for name, points in _pack_verbs().items()
            if name in self.commands or _is_own(points[0])
            for point in points
            if not _is_own(point)
        ]


def _stopped(message: str) -> None:
    with last_words() as code:
        _fail(message, code)


def _give_up_output(error: OSError) -> None:
    """End with a line about the standard output, which takes no more; Python would try to write the rest at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    _fail(f"the output cannot be written ({error.strerror})", 1)


def _fail(message: str, code: int) -> None:
    # A path in the message may hold a line feed, or bytes that are no text.
    plain = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in message)
    typer.echo(f"error: {plain}", err=True)
    sys.exit(code)


@lru_cache(maxsize=1)
def _pack_verbs() -> dict[str, list[EntryPoint]]:
    """Verbs of packs by name: several under a name that several packs claim, srbench's own first."""
    found: dict[str, list[EntryPoint]] = {}
    for point in sorted(entry_points(group=VERB_GROUP), key=lambda point: (point.name, not _is_own(point))):
        found.setdefault(point.name, []).append(point)
    return found


def _is_own(point: EntryPoint) -> bool:
    """Whether a verb is of a pack that comes with srbench."""
    return point.dist is not None and point.dist.name == "srbench"


def _load_verb(name: str) -> Any:
    """Import a pack's verb; raise CardError if that fails, or if several packs claim the name."""
    point, *others = _pack_verbs()[name]
    if others and not _is_own(point):
        raise CardError(f"verb {name!r} is claimed by {point.value} and by {others[0].value}; uninstall one")
    try:
        verb = typer.Typer(add_completion=False)
        verb.command(name)(_with_usual_signals(point.load()))
        return get_command(verb)
    except (Exception, SystemExit) as error:  # a pack's code may raise anything
        raise CardError(f"verb {name!r}: cannot load {point.value} ({one_line(error)})") from error


def _with_usual_signals(verb: Callable[..., None]) -> Callable[..., None]:
    """Let a pack handle SIGTERM by itself, as Lightning does during a training."""

    @wraps(verb)
    def usual(*arguments: Any, **options: Any) -> None:
        with as_usual():
            verb(*arguments, **options)

    return usual


def _loads(name: str) -> bool:
    """Whether the help can describe a pack's verb."""
    try:
        _load_verb(name)
    except CardError as error:
        typer.echo(f"note: {error}", err=True)
        return False
    return True


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
    """Tune this process for measuring before the verb runs, and let signals end it in an orderly way."""

    @wraps(verb)
    def tuned(*arguments: Any, **options: Any) -> None:
        check_environment()
        with stoppable():
            from srbench.methods import tune  # here, because `--help` must not import torch

            tune()
            verb(*arguments, **options)

    return tuned


for computing in (run, score, rescore, upscale, export, verify, explain, bench, show):
    app.command()(_tuned(computing))
for reading in (plan, leaderboard, compare, rank, report, plot, reported):
    app.command()(reading)
app.command("list")(list_cards)
app.command("reports", hidden=True)(reported)  # its name before version 0.2
app.add_typer(datasets.app, name="datasets")


def main() -> None:
    """Run the command line; characters missing from the terminal's encoding are replaced."""
    end_at_once()
    forget_window_system()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    app()
