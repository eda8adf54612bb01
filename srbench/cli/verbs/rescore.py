"""`srbench rescore`: further metrics for a finished run."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from srbench.cli.options import WeightsOption
from srbench.cli.parsing import files_of, names
from srbench.errors import RequestError


def rescore(
    folder: Annotated[Path, typer.Argument(help="A run folder with saved images.")],
    metrics: Annotated[str, typer.Option(help="Metrics to add, separated by commas.")],
    weights: WeightsOption = None,
    device: Annotated[
        Literal["auto", "cpu", "cuda"], typer.Option(help="Device that the metrics' networks run on.")
    ] = "auto",
) -> None:
    """Add metrics to a run from its saved images, without running a method."""
    from srbench.cli.outcome import show_result
    from srbench.cli.progress import progress_bar
    from srbench.harness.finished.rescore import rescore as measure

    wanted = names(metrics)
    metric_weights, others = files_of(weights, wanted)
    if others:
        name, equals, _ = others[0].partition("=")
        why = f"{name} is not among --metrics {metrics}" if equals else "only metrics are computed"
        raise RequestError(f"--weights {others[0]}: {why}; write METRIC=FILE")
    with progress_bar("records") as progress:
        result = measure(folder, wanted, metric_weights=metric_weights, device=device, progress=progress)
    show_result(result)
