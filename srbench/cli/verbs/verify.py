"""`srbench verify`: replay published rows."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer
from tabulate import tabulate

from srbench.cli.options import DeviceOption, JsonFlag, WeightsOption
from srbench.cli.parsing import weight_files
from srbench.cli.printing import print_json
from srbench.errors import RequestError

if TYPE_CHECKING:
    from srbench.harness.literature.verify import Verification

_DECIMALS = {"psnr": 4, "ssim": 5}


def verify(device: DeviceOption = "auto", weights: WeightsOption = None, as_json: JsonFlag = False) -> None:
    """Replay published rows whose weights and datasets are available; exit 1 if a figure is off."""
    from srbench.cli.progress import progress_bar
    from srbench.harness.literature.verify import verify as replay

    files = weight_files(weights)
    if isinstance(files, list):
        raise RequestError(f"--weights {files[0]}: lacks the method; write NAME@WEIGHTS={files[0]}")
    with progress_bar("images") as progress:
        outcome = replay(device=device, weights=files, progress=progress)
    if as_json:
        rows = [asdict(check) | {"passed": check.passed} for check in outcome.checks]
        print_json({"checks": rows, "skipped": outcome.skipped})
    else:
        _show(outcome)
    if not outcome.checks:
        typer.echo("error: nothing could be checked; import a benchmark: srbench datasets import set5 DIR", err=True)
    if not outcome.passed:
        raise typer.Exit(1)


def _show(outcome: Verification) -> None:
    rows = [
        [
            check.method,
            f"{check.dataset} ×{check.scale}",
            check.kind,
            check.metric.upper(),
            "failed" if check.got is None else f"{check.got:.{_DECIMALS[check.metric]}f}",
            f"{check.expected:.{_DECIMALS[check.metric]}f}",
            "" if check.difference is None else f"{check.difference:+.{_DECIMALS[check.metric]}f}",
            f"{check.tolerance:g} {'ok' if check.passed else 'OFF'}",
        ]
        for check in outcome.checks
    ]
    header = ["method", "data", "row", "metric", "got", "theirs", "diff", "within"]
    typer.echo(tabulate(rows, header, disable_numparse=True))
    for reason in outcome.skipped:
        typer.echo(f"not checked: {reason}", err=True)
    passed = sum(check.passed for check in outcome.checks)
    typer.echo(f"{passed} of {len(rows)} figures within their tolerance")
