"""`srbench upscale`: upscale image files."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from srbench.cli.options import DeviceOption, RuntimeOption, WeightsOption
from srbench.cli.parsing import one_scale, weight_files


def upscale(
    source: Annotated[Path, typer.Argument(help="An image file or a folder of images.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="A file or a folder.")],
    method: Annotated[str, typer.Option(help="A name or ./file.py:function, optionally with +wrapper.")] = "edsr",
    scale: Annotated[str, typer.Option(help="Upscaling scale.")] = "4",
    device: DeviceOption = "auto",
    precision: Annotated[Literal["fp32", "tf32", "bf16"], typer.Option(help="Precision of the network.")] = "fp32",
    runtime: RuntimeOption = "eager",
    weights: WeightsOption = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace existing files.")] = False,
) -> None:
    """Upscale images, keeping colour profile, EXIF data and transparency."""
    from srbench.cli.progress import progress_bar
    from srbench.harness.method.upscale import upscale_files

    with progress_bar("images") as progress:
        count, problems = upscale_files(
            source,
            output,
            method=method,
            scale=one_scale(scale),
            device=device,
            precision=precision,
            runtime=runtime,
            weights=weight_files(weights),
            overwrite=overwrite,
            progress=progress,
        )
    for problem in problems:
        typer.echo(f"error: {problem}", err=True)
    typer.echo(f"{count - len(problems)} of {count} images written to {output}")
    if problems:
        raise typer.Exit(1)
