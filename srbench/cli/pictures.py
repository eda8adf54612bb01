"""`srbench pictures`: a crop of each method's result beside HR and bicubic."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from srbench.cli.options import DeviceOption, WeightsOption, names, one_scale, weight_files

__all__ = ["pictures"]


def pictures(
    methods: Annotated[str, typer.Option(help="Names or ./file.py:function, separated by commas.")],
    output: Annotated[Path, typer.Option(help="Folder for the pictures, one PNG a method.")],
    dataset: Annotated[str, typer.Option(help="A name or a folder like ./photos.")] = "bundled",
    image: Annotated[str | None, typer.Option(help="The image's id; without it, the dataset's first.")] = None,
    scale: Annotated[str, typer.Option(help="The upscaling factor.")] = "4",
    protocol: Annotated[str, typer.Option(help="How LR is made, and what the PSNR is of.")] = "classic-y",
    device: DeviceOption = "auto",
    weights: WeightsOption = None,
) -> None:
    """Write a picture for each method: the same crop of HR, bicubic and its result."""
    from srbench.cli.long_work import progress_bar
    from srbench.environment import resolve_device
    from srbench.harness import prepare
    from srbench.inference import Inference
    from srbench.pictures import write_pictures

    plan = prepare(
        names(methods),
        datasets=dataset,
        scale=one_scale(scale),
        protocol=protocol,
        weights=weight_files(weights),
    )
    request = plan.request
    with progress_bar("pictures") as progress:
        files, suspicious = write_pictures(
            request.methods,
            request.datasets[0],
            image,
            request.scales[0],
            request.protocols[0],
            Inference(resolve_device(device)),
            output,
            progress,
        )
    for remark in suspicious:
        typer.echo(f"note: suspicious: {remark}", err=True)
    typer.echo(f"written: {', '.join(file.name for file in files)} in {output}")
