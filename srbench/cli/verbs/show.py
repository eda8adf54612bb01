"""`srbench show`: a figure of one image and its upscaled results."""

from pathlib import Path
from typing import Annotated

import typer

from srbench.cli.options import DeviceOption, WeightsOption
from srbench.cli.parsing import names, one_name, one_scale, weight_files


def show(
    image: Annotated[str, typer.Argument(help="An image file, DATASET/ID such as set5/baby, or a bundled photo's id.")],
    methods: Annotated[str, typer.Option(help="Names or ./file.py:function, separated by commas.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The figure: .png, .pdf or .svg.")],
    scale: Annotated[str, typer.Option(help="Upscaling scale.")] = "4",
    crop: Annotated[str, typer.Option(help="auto: where the methods differ most; or x,y,w,h in HR pixels.")] = "auto",
    protocol: Annotated[str, typer.Option(help="Rules for LR, PSNR and SSIM.")] = "classic-y",
    device: DeviceOption = "auto",
    weights: WeightsOption = None,
) -> None:
    """Draw a figure as in papers: the image, a crop of HR and of each result, PSNR and SSIM; best PSNR in bold."""
    from srbench.cli.progress import progress_bar
    from srbench.harness.options import RunOptions
    from srbench.harness.show import show as draw
    from srbench.report import check_suffix

    check_suffix(output)
    options = RunOptions(
        scale=one_scale(scale), protocol=one_name(protocol), device=device, weights=weight_files(weights)
    )
    with progress_bar("methods") as progress:
        scene, box = draw(image, names(methods), output, crop=crop, options=options, progress=progress)
    for remark in scene.suspicious:
        typer.echo(f"note: suspicious: {remark}", err=True)
    typer.echo(f"{output}: {scene.image} {scene.rules}, {box.width}×{box.height} pixels at {box.left},{box.top}")
