"""`srbench explain`: why is my number another than the paper's?"""

from __future__ import annotations

import json
from textwrap import fill
from typing import TYPE_CHECKING, Annotated

import typer

from srbench.cli.options import DeviceOption, JsonFlag, WeightsOption
from srbench.cli.parsing import names, one_scale, weight_files

if TYPE_CHECKING:
    from collections.abc import Sequence

    from srbench.harness.literature.explain import Variant

__all__ = ["explain"]


def explain(
    methods: Annotated[str, typer.Option(help="Names or ./file.py:function, separated by commas.")],
    datasets: Annotated[str, typer.Option("--datasets", "--dataset", help="Names or folders.")] = "bundled",
    scale: Annotated[str, typer.Option(help="The upscaling factor.")] = "4",
    protocol: Annotated[str, typer.Option(help="The one that others are compared with.")] = "classic-y",
    target: Annotated[float | None, typer.Option(help="A PSNR in dB, whose rules are looked for.")] = None,
    device: DeviceOption = "auto",
    weights: WeightsOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Score methods under every protocol and every single change of rules; name the rules that give a number."""
    from srbench.api import Inference
    from srbench.cards import installed_cards
    from srbench.cli.progress import progress_bar
    from srbench.harness.literature.explain import explain as explained
    from srbench.harness.literature.explain import sentence
    from srbench.harness.run import prepare
    from srbench.methods import resolve_device
    from srbench.protocols import Protocol

    plan = prepare(
        names(methods),
        datasets=names(datasets),
        scale=one_scale(scale),
        protocol=protocol,
        weights=weight_files(weights),
    )
    request, inference = plan.request, Inference(resolve_device(device))
    protocols = [Protocol(entry.card) for entry in installed_cards().protocols.values()]
    parts: list[dict[str, object]] = []
    for dataset in request.datasets:
        for method in request.methods:
            with progress_bar("images") as progress:
                found = explained(
                    method, dataset, request.scales[0], request.protocols[0], protocols, inference, progress
                )
            said = None if target is None else sentence(found, target)
            if as_json:
                rows = [vars(one) for one in found]
                parts.append({"method": method.name, "dataset": dataset.name, "variants": rows, "target": said})
                continue
            typer.echo(f"{method.name} on {dataset.name} ×{request.scales[0]}: what one change of rules does")
            typer.echo(_table(found))
            typer.echo(f"\n{fill(said, 80)}\n" if said else "")
    if as_json:
        typer.echo(json.dumps(parts, indent=2, ensure_ascii=False))


def _table(found: Sequence[Variant]) -> str:
    from srbench.leaderboard import grid

    base = found[0]
    rows = [
        [
            one.kind,
            one.name,
            f"{one.psnr:.3f}",
            "" if one.base else f"{one.psnr - base.psnr:+.3f}",
            "" if one.ssim is None else f"{one.ssim:.4f}",
        ]
        for one in found
    ]
    return grid(("what", "rules", "PSNR dB", "change", "SSIM"), rows, words=2)
