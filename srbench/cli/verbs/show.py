"""`srbench show`: one image, and what methods make of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from srbench.cli.options import DeviceOption, WeightsOption
from srbench.cli.parsing import names, one_name, one_scale, weight_files

__all__ = ["show"]


def show(
    image: Annotated[str, typer.Argument(help="An image file, DATASET/ID such as set5/baby, or a bundled photo's id.")],
    methods: Annotated[str, typer.Option(help="Names or ./file.py:function, separated by commas.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The figure: .png, .pdf or .svg.")],
    scale: Annotated[str, typer.Option(help="The upscaling factor.")] = "4",
    crop: Annotated[str, typer.Option(help="auto: where the methods differ most; or x,y,w,h in HR pixels.")] = "auto",
    protocol: Annotated[str, typer.Option(help="How LR is made, and what PSNR and SSIM are of.")] = "classic-y",
    device: DeviceOption = "auto",
    weights: WeightsOption = None,
) -> None:
    """Draw what papers print: the whole image, a box of HR and of each result, PSNR and SSIM; the best PSNR is bold."""
    from srbench.cards import installed_cards
    from srbench.cli.progress import progress_bar
    from srbench.errors import NotApplicableError
    from srbench.harness.run import prepare
    from srbench.harness.show import find_box, find_image, make_scene
    from srbench.methods import resolve_device, resolve_inference
    from srbench.report import check_suffix, draw_sheet, write_figure

    check_suffix(output)
    dataset, name = find_image(image, installed_cards())
    plan = prepare(names(methods), scale=one_scale(scale), protocol=one_name(protocol), weights=weight_files(weights))
    if plan.refused:
        raise NotApplicableError(str(plan.refused[0]))
    request = plan.request
    inference = resolve_inference(resolve_device(device), request.precision, request.runtime)
    with progress_bar("methods") as progress:
        upscalers = [(method, inference) for method in request.methods]
        place = dataset, name, request.scales[0], request.protocols[0]
        scene = make_scene(upscalers, *place, progress=progress)
    box = find_box(scene, crop)
    write_figure(draw_sheet(scene, box), output)
    for remark in scene.suspicious:
        typer.echo(f"note: suspicious: {remark}", err=True)
    typer.echo(f"{output}: {scene.image} {scene.rules}, {box.width}×{box.height} pixels at {box.left},{box.top}")
