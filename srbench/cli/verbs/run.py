"""`srbench run`: score methods on datasets."""

from typing import Annotated, Literal

import typer

from srbench.cli.options import (
    ClassifierOption,
    DeviceOption,
    ImagesOption,
    LimitOption,
    MetricsOption,
    OutputOption,
    PrecisionOption,
    ProtocolOption,
    RuntimeOption,
    SaveImagesFlag,
    SizeOption,
    SplitOption,
    WeightsOption,
)
from srbench.cli.parsing import files_of, names, scales, sizes, weight_files
from srbench.errors import RequestError


def run(
    methods: Annotated[
        str, typer.Option(help="Names or ./file.py:function, optionally with +wrapper, separated by commas.")
    ],
    scale: Annotated[str, typer.Option("--scale", "--scales", help="Scales, separated by commas.")] = "4",
    datasets: Annotated[
        str, typer.Option("--datasets", "--dataset", help="Names or folders like ./photos, separated by commas.")
    ] = "bundled",
    protocol: ProtocolOption = "classic-y",
    metrics: MetricsOption = "psnr,ssim,ms_ssim,l1",
    lr: Annotated[
        Literal["made", "given"], typer.Option(help="Make LR by the protocol, or read the dataset's LR files.")
    ] = "made",
    split: SplitOption = "",
    images: ImagesOption = "",
    limit: LimitOption = None,
    device: DeviceOption = "auto",
    precision: PrecisionOption = "fp32",
    runtime: RuntimeOption = "eager",
    classifier: ClassifierOption = "",
    weights: WeightsOption = None,
    output: OutputOption = None,
    save_images: SaveImagesFlag = False,
    timing: Annotated[bool, typer.Option("--timing", help="Also time the methods after scoring.")] = False,
    size: SizeOption = "",
) -> None:
    """Score methods on datasets; print and write a leaderboard."""
    from srbench.cli.outcome import show_result
    from srbench.cli.progress import progress_bar
    from srbench.harness.run import run as measure

    classifiers = names(classifier) if classifier else ()
    classifier_weights, others = files_of(weights, classifiers)
    metric_weights, others = files_of(others, names(metrics))
    if size and not timing:
        raise RequestError(f"--size {size} is the LR size of a timing; add --timing")
    with progress_bar("records") as progress:
        result = measure(
            names(methods),
            datasets=names(datasets),
            scale=scales(scale),
            protocol=names(protocol),
            metrics=names(metrics),
            metric_weights=metric_weights,
            lr=lr,
            split=split,
            images=names(images) if images else (),
            limit=limit,
            device=device,
            precision=precision,
            runtime=runtime,
            weights=weight_files(others),
            classifiers=classifiers,
            classifier_weights=classifier_weights,
            output=output or "auto",
            save_images=save_images,
            timing=sizes(size) if size else timing,
            progress=progress,
        )
    show_result(result)
