"""`srbench explain`: why a score differs from a paper's."""

from __future__ import annotations

import math
from textwrap import fill
from typing import TYPE_CHECKING, Annotated, Any

import typer

from srbench.cli.options import DeviceOption, JsonFlag, WeightsOption
from srbench.cli.parsing import names, one_name, one_scale, weight_files
from srbench.cli.printing import print_json
from srbench.errors import RequestError

if TYPE_CHECKING:
    from srbench.harness.literature.explain import Explanation


def explain(
    methods: Annotated[str, typer.Option(help="Names or ./file.py:function, separated by commas.")],
    datasets: Annotated[str, typer.Option("--datasets", "--dataset", help="Names or folders.")] = "bundled",
    scale: Annotated[str, typer.Option(help="Upscaling scale.")] = "4",
    protocol: Annotated[str, typer.Option(help="Base protocol that others are compared with.")] = "classic-y",
    target: Annotated[float | None, typer.Option(help="A PSNR in dB to explain.")] = None,
    device: DeviceOption = "auto",
    weights: WeightsOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Score methods under every protocol, and with one rule changed at a time; find the rules behind a PSNR."""
    from srbench.cli.progress import progress_bar
    from srbench.harness.literature.explain import explain as explained
    from srbench.harness.literature.explain import sentence
    from srbench.harness.options import RunOptions

    if target is not None and not math.isfinite(target):
        raise RequestError(f"--target {target}: expected a PSNR in dB, such as 28.42")
    options = RunOptions(
        datasets=names(datasets),
        scale=one_scale(scale),
        protocol=one_name(protocol),
        device=device,
        weights=weight_files(weights),
    )
    with progress_bar("images") as progress:
        found = explained(names(methods), options, progress)
    answers = [sentence(one.variants, target) if target is not None and one.variants else None for one in found]
    if as_json:
        print_json([_described(one, answer) for one, answer in zip(found, answers, strict=True)])
    else:
        for one, answer in zip(found, answers, strict=True):
            _show(one, answer)
    if not all(one.variants for one in found):
        raise typer.Exit(1)


def _described(explanation: Explanation, answer: str | None) -> dict[str, Any]:
    return {
        "method": explanation.method,
        "dataset": explanation.dataset,
        "variants": [vars(variant) for variant in explanation.variants],
        "left_out": explanation.left_out,
        "target": answer,
    }


def _show(explanation: Explanation, answer: str | None) -> None:
    if not explanation.variants:
        typer.echo(f"error: {explanation.left_out[0]}", err=True)
        return
    typer.echo(f"{explanation.method} on {explanation.dataset} ×{explanation.scale}: effect of each change of rules")
    typer.echo(_table(explanation))
    typer.echo(f"\n{fill(answer, 80)}\n" if answer else "")
    for reason in explanation.left_out:
        typer.echo(f"note: left out: {reason}", err=True)


def _table(explanation: Explanation) -> str:
    from srbench.leaderboard import grid

    base = explanation.variants[0]
    rows = [
        [
            one.kind,
            one.name,
            f"{one.psnr:.3f}",
            "" if one.base else f"{one.psnr - base.psnr:+.3f}",
            "" if one.ssim is None else f"{one.ssim:.4f}",
        ]
        for one in explanation.variants
    ]
    return grid(("what", "rules", "PSNR dB", "change", "SSIM"), rows, words=2)
