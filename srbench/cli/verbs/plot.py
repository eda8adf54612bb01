"""`srbench plot`: scores of a run's methods on each image, or one metric against another."""

from pathlib import Path
from typing import Annotated

import typer

from srbench.cli.parsing import names


def plot(
    folder: Annotated[Path, typer.Argument(help="A run folder.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The figure: .png, .pdf or .svg.")],
    metric: Annotated[str, typer.Option(help="Metric to draw.")] = "psnr",
    against: Annotated[
        str, typer.Option(help="Another metric, such as lpips: draw a point for each method, its means of both.")
    ] = "",
    methods: Annotated[str, typer.Option(help="Names of the run's methods; all by default.")] = "",
    dataset: Annotated[str, typer.Option(help="Dataset, if the run has several.")] = "",
    scale: Annotated[str, typer.Option(help="Scale, if the run has several.")] = "",
    protocol: Annotated[str, typer.Option(help="Protocol, if the run has several.")] = "",
) -> None:
    """Draw each method's score on each image, the hardest image first, and the means; or two metrics' means."""
    from srbench.cli.outcome import sound
    from srbench.leaderboard import choose, compare_methods
    from srbench.report import check_suffix, draw_curves, draw_plane, write_figure
    from srbench.runs import open_run

    check_suffix(output)
    run, wanted = sound(open_run(folder)), names(methods) if methods else ()
    found, *others = (
        choose(
            compare_methods(run, wanted, name, least=1),
            dataset=dataset,
            scale=scale.removeprefix("x"),
            protocol=protocol,
        )
        for name in filter(None, (metric, against))
    )
    images = found.images
    if others:
        figure, images = draw_plane(found, others[0], run.description.plan.methods)
    else:
        title = f"{found.place.title}, {images} images"
        figure = draw_curves(found.figures, found.metric, title, run.description.plan.methods)
    write_figure(figure, output)
    typer.echo(f"{output}: {found.place.title}, {images} images")
    if left_out := found.left_out + found.images - images:
        typer.echo(f"note: {left_out} images are left out because a method has no score on them", err=True)
