"""`srbench rank`: the score of a challenge for a run."""

from pathlib import Path
from typing import Annotated

import typer

from srbench.cli.options import JsonFlag
from srbench.cli.parsing import names
from srbench.errors import OutputError, RequestError


def rank(
    folder: Annotated[Path, typer.Argument(help="A run folder.")],
    rules: Annotated[str, typer.Option(help="Rules of a challenge; see: srbench list rules.")],
    baseline: Annotated[
        str | None, typer.Option(help="Method of the run to compare with; default: the published figures.")
    ] = None,
    methods: Annotated[str, typer.Option(help="Names of the run's methods; all by default.")] = "",
    without_gates: Annotated[
        bool, typer.Option("--without-gates", help="Score methods without checking the least PSNR.")
    ] = False,
    output: Annotated[Path | None, typer.Option(help="Also write the table into this .csv file.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Score the methods of a run by the rules of a challenge."""
    from srbench.files import expanded, write_text
    from srbench.harness.finished.rank import rank as ranked
    from srbench.harness.finished.rank import ranking_text
    from srbench.leaderboard import to_csv

    if output and output.suffix.lower() != ".csv":
        raise RequestError(f"--output {output}: the table is written as CSV; name a file that ends in .csv")
    chosen = names(methods) if methods else ()
    found = ranked(folder, rules, baseline=baseline, gates=not without_gates, methods=chosen)
    table = found.table
    typer.echo(table.to_json(orient="records", indent=2, force_ascii=False) if as_json else ranking_text(found))
    for note in found.notes:
        typer.echo(f"note: {note}", err=True)
    if output:
        write_text(expanded(output), to_csv(table), OutputError)
        typer.echo(f"written to {output}", err=True)
