"""`srbench compare`: which differences are significant."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from srbench.cli.options import JsonFlag
from srbench.cli.printing import print_json
from srbench.errors import RequestError

if TYPE_CHECKING:
    from srbench.leaderboard import MethodComparison


def compare(
    things: Annotated[
        list[str], typer.Argument(help="One or two run folders, or with --run two or more of that run's methods.")
    ],
    run: Annotated[Path | None, typer.Option(help="Run folder of the named methods.")] = None,
    metric: Annotated[str, typer.Option(help="Metric to compare.")] = "psnr",
    fail_if_worse: Annotated[
        str, typer.Option(help="METRIC:AMOUNT; exit 1 if the second run's mean is worse by more than AMOUNT.")
    ] = "",
    as_json: JsonFlag = False,
) -> None:
    """Compare methods or runs per image: confidence intervals, Holm-corrected tests of the mean, rank groups."""
    from srbench.leaderboard import comparison_text, read_limit, worse

    limit = read_limit(fail_if_worse) if fail_if_worse else None
    if limit is not None and len(things) != 2:
        raise RequestError(f"--fail-if-worse compares the second of two with the first; {len(things)} given")
    found = _compare(things, run, limit.metric if limit else metric)
    if as_json:
        print_json([comparison.describe() for comparison in found])
    else:
        typer.echo("\n\n".join(comparison_text(comparison) for comparison in found))
    lines = worse(found, limit) if limit else []
    for line in lines:
        typer.echo(f"error: {line}", err=True)
    if lines:
        raise typer.Exit(1)


def _compare(things: list[str], run: Path | None, metric: str) -> list[MethodComparison]:
    from srbench.cli.outcome import sound
    from srbench.leaderboard import compare_methods, compare_runs
    from srbench.runs import open_run, open_runs

    if run is not None:
        if len(set(things)) < 2:
            raise RequestError("--run: name two of its methods or more; or leave out --run and give the folder alone")
        return compare_methods(sound(open_run(run)), things, metric)
    if len(things) == 1:
        return compare_methods(sound(open_run(Path(things[0]))), (), metric)
    if len(things) == 2:
        runs = [sound(one) for one in open_runs([Path(thing) for thing in things])]
        if len(runs) == 1:
            raise RequestError(f"{' and '.join(things)}: are one folder; compare two, or give it once")
        return compare_runs(runs[0], runs[1], metric)
    raise RequestError(f"{len(things)} run folders given; compare one, or two, or name methods and add --run FOLDER")
