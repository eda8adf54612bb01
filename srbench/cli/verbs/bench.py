"""`srbench bench`: time methods, or detect slowdowns against a baseline."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import typer

from srbench.cli.options import DeviceOption, JsonFlag, RuntimeOption, SizeOption, WeightsOption
from srbench.cli.parsing import names, scales, sizes, weight_files
from srbench.cli.printing import print_json
from srbench.errors import OutputError, RequestError

if TYPE_CHECKING:
    from srbench.api import MethodTiming
    from srbench.harness.regression.check import Finding

_OF_TIMING = ("methods", "scale", "size", "batch", "device", "precision", "runtime", "weights", "output")


def bench(
    context: typer.Context,
    methods: Annotated[str, typer.Option(help="Names or ./file.py:function, separated by commas.")] = "bicubic,edsr",
    scale: Annotated[str, typer.Option("--scale", "--scales", help="Scales, separated by commas.")] = "4",
    size: SizeOption = "",
    batch: Annotated[str, typer.Option("--batch", help="Images per call; default: 1,2, on a GPU 1,2,4,8,16.")] = "",
    device: DeviceOption = "auto",
    precision: Annotated[str, typer.Option(help="fp32, tf32, bf16, separated by commas.")] = "fp32",
    runtime: RuntimeOption = "eager",
    weights: WeightsOption = None,
    as_json: JsonFlag = False,
    output: Annotated[Path | None, typer.Option(help="Also write the table as Markdown.")] = None,
    check: Annotated[Path | None, typer.Option(help="Compare kernels and methods with this baseline.")] = None,
    save: Annotated[Path | None, typer.Option(help="Measure a new baseline and write it here.")] = None,
) -> None:
    """Time methods; with --check, detect slowdowns instead: exit 1 if one exceeds 15 %."""
    if check is not None and save is not None:
        raise RequestError("--check and --save together: the baseline would be checked against itself; choose one")
    if check is not None or save is not None:
        given = [name for name in _OF_TIMING if str(context.get_parameter_source(name)).endswith("COMMANDLINE")]
        if given:
            raise RequestError(
                f"--{given[0]} is for timing; --check and --save use fixed methods and sizes; leave it out"
            )
    if save is not None and as_json:
        raise RequestError("--save already writes JSON to a file; leave out --json")
    if check is not None:
        _check(check, as_json=as_json)
    elif save is not None:
        _save(save)
    else:
        _time(methods, scale, size, batch, device, precision, runtime, weights, as_json, output)


def _time(
    methods: str,
    scale: str,
    size: str,
    batch: str,
    device: str,
    precision: str,
    runtime: Literal["eager", "compile", "openvino"],
    weights: list[str] | None,
    as_json: bool,
    output: Path | None,
) -> None:
    from srbench.api import DEFAULT_SIZES
    from srbench.cli.progress import progress_bar
    from srbench.harness.bench import bench as measure
    from srbench.harness.bench import write_benchmark
    from srbench.leaderboard import timings_text

    if output is not None:
        _refuse_unwritable(output)
    with progress_bar("methods") as progress:
        found = measure(
            names(methods),
            scales=scales(scale),
            sizes=sizes(size) if size else DEFAULT_SIZES,
            batches=_batches(batch),
            device=device,
            precisions=cast(Any, _precisions(precision)),
            runtime=runtime,
            weights=weight_files(weights),
            progress=progress,
        )
    timings, where = found.timings, found.conditions
    for problem in found.problems:
        typer.echo(f"note: not timed: {problem}", err=True)
    if as_json:
        print_json({"conditions": where, "timings": [_described(timing) for timing in timings]})
    elif timings:
        typer.echo(timings_text(timings, where))
    if output is not None and timings:
        write_benchmark(output, found)
    if found.problems:
        raise typer.Exit(1)


def _refuse_unwritable(path: Path) -> None:
    from srbench.files import expanded

    path = expanded(path)
    if path.is_dir() or not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise OutputError(f"{path}: cannot be written; name a file in an existing, writable folder")


def _described(timing: MethodTiming) -> dict[str, Any]:
    described = timing.describe()
    del described["identity"]  # set only in runs
    return described | {
        "steady": timing.steady,
        "images_per_second": timing.images_per_second,
        "megapixels_per_second": timing.megapixels_per_second,
    }


def _check(path: Path, *, as_json: bool) -> None:
    from srbench.harness.regression.check import compare_with_baseline

    found = compare_with_baseline(path, (lambda _: None) if as_json else _show)
    if as_json:
        listed = [vars(finding) for finding in found.findings]
        parts = {"findings": listed, "without_baseline": found.unknown, "not_here": found.gone}
        print_json(parts | {"conditions": found.conditions})
    for note in found.differences:
        typer.echo(f"note: {note}", err=True)
    for what, cases in (("without a baseline", found.unknown), ("in the baseline, not here", found.gone)):
        if cases:
            typer.echo(f"note: {what}: {', '.join(cases)}", err=True)
    slower = [finding.name for finding in found.findings if finding.verdict == "slower"]
    if slower:
        typer.echo(f"error: over 15 % slower than {path}: {', '.join(slower)}", err=True)
        raise typer.Exit(1)
    if not as_json:
        unclear = sum(finding.verdict == "unclear" for finding in found.findings)
        doubt = f", {unclear} too noisy to tell" if unclear else ""
        typer.echo(f"{len(found.findings)} cases, none found over 15 % slower than {path}{doubt}")


def _show(finding: Finding) -> None:
    mark = {"same": "", "faster": "faster", "unclear": "unclear: too noisy to tell", "slower": "SLOWER"}
    interval = f"{finding.low:.2f}–{finding.high:.2f}"
    typer.echo(
        f"{finding.name:<34}{finding.factor:6.2f} times the baseline ({interval}) {mark[finding.verdict]}".rstrip()
    )


def _save(path: Path) -> None:
    _refuse_unwritable(path)
    from srbench.cli.progress import progress_bar
    from srbench.harness.regression.baseline import new_baseline, write_baseline

    with progress_bar("processes") as progress:
        baseline = new_baseline(progress)
    for name, ratio in baseline.ratios.items():
        typer.echo(f"{name:<34}{ratio.median:9.4f} times its calibration ({ratio.low:.4f}–{ratio.high:.4f})")
    write_baseline(path, baseline)
    typer.echo(f"written to {path}")


def _batches(text: str) -> tuple[int, ...] | None:
    if not text:
        return None
    items = names(text)
    if not all(item.isdigit() and int(item) for item in items):
        raise RequestError(f"batch {text!r} is not a list of whole numbers from 1; write for example --batch 1,4")
    return tuple(int(item) for item in items)


def _precisions(text: str) -> tuple[str, ...]:
    items = names(text)
    for item in items:
        if item not in ("fp32", "tf32", "bf16"):
            raise RequestError(f"precision {item!r}: choose fp32, tf32 or bf16, separated by commas")
    return items
