"""`srbench run`: measure methods on datasets."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from srbench.cli.options import (
    ClassifierOption,
    DeviceOption,
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
from srbench.cli.parsing import classifier_files, names, scales, sizes, weight_files
from srbench.errors import RequestError

__all__ = ["run"]


def run(
    methods: Annotated[
        str, typer.Option(help="Names or ./file.py:function, each perhaps with +wrapper, separated by commas.")
    ],
    scale: Annotated[str, typer.Option("--scale", "--scales", help="Factors, separated by commas.")] = "4",
    datasets: Annotated[
        str, typer.Option("--datasets", "--dataset", help="Names or folders like ./photos, separated by commas.")
    ] = "bundled",
    protocol: ProtocolOption = "classic-y",
    metrics: MetricsOption = "psnr,ssim,ms_ssim,l1",
    lr: Annotated[
        Literal["made", "given"], typer.Option(help="Make LR by the protocol, or read the given files.")
    ] = "made",
    split: SplitOption = "",
    limit: LimitOption = None,
    device: DeviceOption = "auto",
    precision: PrecisionOption = "fp32",
    runtime: RuntimeOption = "eager",
    classifier: ClassifierOption = "",
    weights: WeightsOption = None,
    output: OutputOption = None,
    save_images: SaveImagesFlag = False,
    timing: Annotated[bool, typer.Option("--timing", help="Time the methods too, when all is scored.")] = False,
    size: SizeOption = "",
) -> None:
    """Measure methods on datasets; print, and write, a leaderboard."""
    from srbench.api import DEFAULT_SIZES
    from srbench.cli.progress import long_work
    from srbench.harness.execute import default_folder, execute
    from srbench.harness.run import prepare

    looking = names(classifier) if classifier else ()
    classifier_weights, others = classifier_files(weights, looking)
    plan = prepare(
        names(methods),
        datasets=names(datasets),
        scale=scales(scale),
        protocol=names(protocol),
        metrics=names(metrics),
        lr=lr,
        split=split,
        limit=limit,
        precision=precision,
        runtime=runtime,
        weights=weight_files(others),
        classifiers=looking,
        classifier_weights=classifier_weights,
    )
    if size and not timing:
        raise RequestError(f"--size {size} is of LR when timing; add --timing")
    timed = (sizes(size) if size else DEFAULT_SIZES) if timing else ()
    folder = output or default_folder(plan)
    with long_work(folder) as progress:
        result = execute(plan, device=device, output=folder, timing=timed, save_images=save_images, progress=progress)
    from srbench.cli.outcome import show_result

    show_result(result)
