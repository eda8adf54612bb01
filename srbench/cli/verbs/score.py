"""`srbench score`: score images that were upscaled elsewhere."""

from pathlib import Path
from typing import Annotated

import typer

from srbench.cli.options import (
    ClassifierDeviceOption,
    ClassifierOption,
    LimitOption,
    MetricsOption,
    OutputOption,
    ProtocolOption,
    SaveImagesFlag,
    SplitOption,
    WeightsOption,
)
from srbench.cli.parsing import files_of, names, one_scale
from srbench.errors import RequestError


def score(
    dataset: Annotated[str, typer.Option(help="Dataset of the images: a name or a folder.")],
    scale: Annotated[str, typer.Option(help="Scale by which the images were upscaled.")],
    images: Annotated[Path, typer.Option(help="Folder of upscaled images: baby.png, babyx4.png, baby_RCAN_x4.png.")],
    name: Annotated[str, typer.Option(help="Method name in the leaderboard.")],
    protocol: ProtocolOption = "classic-y",
    metrics: MetricsOption = "psnr,ssim,ms_ssim,l1",
    classifier: ClassifierOption = "",
    weights: WeightsOption = None,
    split: SplitOption = "",
    limit: LimitOption = None,
    device: ClassifierDeviceOption = "auto",
    output: OutputOption = None,
    save_images: SaveImagesFlag = False,
) -> None:
    """Score images that were upscaled elsewhere."""
    from srbench.cli.outcome import show_result
    from srbench.cli.progress import progress_bar
    from srbench.harness.run import score as measure

    classifiers = names(classifier) if classifier else ()
    classifier_weights, others = files_of(weights, classifiers)
    metric_weights, others = files_of(others, names(metrics))
    if others:
        raise RequestError(
            f"--weights {others[0]}: scoring needs weights of classifiers and metrics only; write CLASSIFIER=FILE or "
            "METRIC=FILE"
        )
    with progress_bar("records") as progress:
        result = measure(
            images,
            name=name,
            dataset=dataset,
            scale=one_scale(scale),
            protocol=names(protocol),
            metrics=names(metrics),
            metric_weights=metric_weights,
            classifiers=classifiers,
            classifier_weights=classifier_weights,
            split=split,
            limit=limit,
            device=device,
            output=output,
            save_images=save_images,
            progress=progress,
        )
    show_result(result)
    if output is None:
        typer.echo("\nnot saved; add --output DIR to save it")
