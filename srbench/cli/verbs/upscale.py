"""`srbench upscale`: one's own images made larger."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from srbench.cli.options import DeviceOption, RuntimeOption, WeightsOption
from srbench.cli.parsing import one_scale, weight_files

__all__ = ["upscale"]


def upscale(
    source: Annotated[Path, typer.Argument(help="An image file, or a folder of them.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="A file, or a folder.")],
    method: Annotated[str, typer.Option(help="A name or ./file.py:function, perhaps with +wrapper.")] = "edsr",
    scale: Annotated[str, typer.Option(help="The upscaling factor.")] = "4",
    device: DeviceOption = "auto",
    precision: Annotated[Literal["fp32", "tf32", "bf16"], typer.Option(help="Of the network.")] = "fp32",
    runtime: RuntimeOption = "eager",
    weights: WeightsOption = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files that are there.")] = False,
) -> None:
    """Upscale images; colour profile, EXIF data and transparency stay with them."""
    from srbench.cards import installed_cards
    from srbench.cli.progress import progress_bar
    from srbench.harness.upscale import pairs, upscale_files
    from srbench.methods import find_method, named_files, resolve_device, resolve_inference

    files = pairs(source, output, overwrite=overwrite)
    found = find_method(method, installed_cards(), named_files(weight_files(weights), [method]))
    inference = resolve_inference(resolve_device(device), precision, runtime)
    with progress_bar("images") as progress:
        problems = upscale_files(found, one_scale(scale), inference, files, progress)
    for problem in problems:
        typer.echo(f"error: {problem}", err=True)
    typer.echo(f"{len(files) - len(problems)} of {len(files)} images written to {output}")
    if problems:
        raise typer.Exit(1)
