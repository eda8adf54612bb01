"""`srbench explain`: why a score differs from a paper's."""

from __future__ import annotations

import json
from textwrap import fill
from typing import TYPE_CHECKING, Annotated

import typer

from srbench.cli.options import DeviceOption, JsonFlag, WeightsOption
from srbench.cli.parsing import names, one_scale, weight_files

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

    options = RunOptions(
        datasets=names(datasets),
        scale=one_scale(scale),
        protocol=protocol,
        device=device,
        weights=weight_files(weights),
    )
    with progress_bar("images") as progress:
        found = explained(names(methods), options, progress)
    answers = [None if target is None else sentence(one.variants, target) for one in found]
    if as_json:
        parts = [
            {
                "method": one.method,
                "dataset": one.dataset,
                "variants": [vars(variant) for variant in one.variants],
                "left_out": one.left_out,
                "target": answer,
            }
            for one, answer in zip(found, answers, strict=True)
        ]
        typer.echo(json.dumps(parts, indent=2, ensure_ascii=False))
        return
    for one, answer in zip(found, answers, strict=True):
        typer.echo(f"{one.method} on {one.dataset} ×{one.scale}: effect of each change of rules")
        typer.echo(_table(one))
        typer.echo(f"\n{fill(answer, 80)}\n" if answer else "")
        for reason in one.left_out:
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
