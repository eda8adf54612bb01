"""`srbench run` and `srbench plan`: score methods on datasets, or write down how."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, Literal

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
from srbench.cli.parsing import files_of, names, refuse_unasked, scales, sizes, weight_files
from srbench.errors import RequestError

_PARTS = {"classifier": "classifiers", "size": "timing"}
"""Options of the command line that are another argument of `srbench.run`."""


def _asked(
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(metavar="PLAN", help="A plan file, or run.json of a run; options here win.")
    ] = None,
    methods: Annotated[
        str, typer.Option(help="Names or ./file.py:function, optionally with +wrapper, separated by commas.")
    ] = "",
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
) -> dict[str, Any]:
    """Arguments for `srbench.run`: of the plan file, if any, and of the options that were written."""
    if size and not timing:
        raise RequestError(f"--size {size} is the LR size of a timing; add --timing")
    classifiers = names(classifier) if classifier else ()
    classifier_weights, others = files_of(weights, classifiers)
    metric_weights, others = files_of(others, names(metrics))
    refuse_unasked(others)
    options = {
        "methods": names(methods) if methods else (),
        "datasets": names(datasets),
        "scale": scales(scale),
        "protocol": names(protocol),
        "metrics": names(metrics),
        "lr": lr,
        "split": split,
        "images": names(images) if images else (),
        "limit": limit,
        "device": device,
        "precision": precision,
        "runtime": runtime,
        "weights": weight_files(others),
        "classifiers": classifiers,
        "classifier_weights": classifier_weights,
        "metric_weights": metric_weights,
        "output": output or "auto",
        "save_images": save_images,
        "timing": sizes(size) if size else timing,
    }
    return options if file is None else _over_plan(file, options, context)


def _over_plan(file: Path, options: dict[str, Any], context: typer.Context) -> dict[str, Any]:
    """Arguments of a plan file, in place of which those options stand that were written on the command line."""
    from srbench.harness.plans import read_plan

    sources = {name: context.get_parameter_source(name) for name in context.params}
    written = {name for name, source in sources.items() if source is not None and source.name == "COMMANDLINE"}
    wins = {_PARTS.get(name, name) for name in written}
    if "weights" in wins:
        wins |= {"classifier_weights", "metric_weights"}
    return {"output": "auto", **read_plan(file), **{name: value for name, value in options.items() if name in wins}}


def _verb(function: Callable[[dict[str, Any]], None]) -> Callable[..., None]:
    """Return a verb with the options of `_asked`, which calls a function with the arguments for `srbench.run`."""

    @wraps(_asked)
    def verb(*arguments: Any, **options: Any) -> None:
        asked = _asked(*arguments, **options)
        if not asked.get("methods"):
            raise RequestError(
                "no methods; name some with --methods, for example --methods bicubic,edsr, or a plan file"
            )
        function(asked)

    verb.__name__, verb.__doc__ = function.__name__, function.__doc__
    verb.__annotations__ = {**_asked.__annotations__, "return": None}
    return verb


@_verb
def run(asked: dict[str, Any]) -> None:
    """Score methods on datasets; print and write a leaderboard."""
    from srbench.cli.outcome import show_result
    from srbench.cli.progress import progress_bar
    from srbench.harness.run import run as measure

    with progress_bar("records") as progress:
        result = measure(**asked, progress=progress)
    show_result(result)


@_verb
def plan(asked: dict[str, Any]) -> None:
    """Print the plan file of a run: `srbench plan … > plan.toml`, then `srbench run plan.toml`."""
    from srbench.harness.plans import plan_text

    typer.echo(plan_text(asked), nl=False)
