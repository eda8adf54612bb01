"""`srbench plot`: scores of a run's methods on each image."""

from pathlib import Path
from typing import Annotated

import typer

from srbench.cli.parsing import names


def plot(
    folder: Annotated[Path, typer.Argument(help="A run folder.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The figure: .png, .pdf or .svg.")],
    metric: Annotated[str, typer.Option(help="Metric to draw.")] = "psnr",
    methods: Annotated[str, typer.Option(help="Names of the run's methods; all by default.")] = "",
    dataset: Annotated[str, typer.Option(help="Dataset, if the run has several.")] = "",
    scale: Annotated[str, typer.Option(help="Scale, if the run has several.")] = "",
    protocol: Annotated[str, typer.Option(help="Protocol, if the run has several.")] = "",
) -> None:
    """Draw each method's score on each image, the hardest image first, and the means."""
    from srbench.leaderboard import choose, compare_methods
    from srbench.report import check_suffix, draw_curves, write_figure
    from srbench.runs import open_run

    check_suffix(output)
    found = choose(
        compare_methods(open_run(folder), names(methods) if methods else (), metric, least=1),
        dataset=dataset,
        scale=scale.removeprefix("x"),
        protocol=protocol,
    )
    write_figure(draw_curves(found.figures, found.metric, f"{found.place.title}, {found.images} images"), output)
    typer.echo(f"{output}: {found.place.title}, {found.images} images")
    if found.left_out:
        typer.echo(f"note: {found.left_out} images are left out because a method has no score on them", err=True)
