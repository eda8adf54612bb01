"""`srbench export`: a method's network as an ONNX file."""

from pathlib import Path
from typing import Annotated

import typer

from srbench.cli.options import WeightsOption
from srbench.cli.parsing import one_scale, weight_files


def export(
    method: Annotated[str, typer.Argument(help="A method with a network.")],
    scale: Annotated[str, typer.Option(help="Upscaling scale.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The .onnx file to write.")],
    weights: WeightsOption = None,
) -> None:
    """Write a method's network as ONNX, for any batch and image size."""
    from srbench.harness.method.export import export as write

    made = write(method, one_scale(scale), output, weights=weight_files(weights))
    planes = "RGB" if made.channels == 3 else "luma"
    typer.echo(f"{made.path}: float32, (N, {made.channels}, h, w), {planes} in [0, 1]")
    if made.difference is None:
        typer.echo("note: not compared with the network; pip install 'srbench[onnx]' for that", err=True)
    else:
        typer.echo(f"differs from the network by at most {made.difference:.1g}")
