"""`srbench.run` and `srbench.score`: names resolved into a plan, and the plan run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from srbench.api import DEFAULT_SIZES, LrSource, Method, PrecisionChoice, Progress, RuntimeName, Size
from srbench.cards import installed_cards
from srbench.classifiers import find_classifiers
from srbench.datasets import find_datasets
from srbench.errors import RequestError
from srbench.harness.execute import execute
from srbench.harness.result import RunResult
from srbench.methods import FinishedImages, Weights, find_method, free_name, named_files
from srbench.metrics import DEFAULT_METRICS, find_metrics
from srbench.protocols import find_protocols
from srbench.runs import Plan, Request, make_plan

__all__ = ["DEFAULT_DATASETS", "DEFAULT_PROTOCOL", "checked_scales", "prepare", "run", "score", "several"]

DEFAULT_DATASETS = ("bundled",)

DEFAULT_PROTOCOL = "classic-y"

Several = str | Sequence[str]


def run(
    methods: str | Callable[..., Any] | Sequence[str | Callable[..., Any]],
    *,
    datasets: Several = DEFAULT_DATASETS,
    scale: int | Sequence[int] = 4,
    protocol: Several = DEFAULT_PROTOCOL,
    metrics: Several = DEFAULT_METRICS,
    lr: LrSource = "made",
    split: str = "",
    limit: int | None = None,
    device: str = "auto",
    precision: PrecisionChoice = "fp32",
    runtime: RuntimeName = "eager",
    weights: Weights = None,
    classifiers: Several = (),
    classifier_weights: Mapping[str, Path | str] | None = None,
    output: Path | str | None = None,
    timing: bool | Sequence[Size] = False,
    save_images: bool = False,
    progress: Progress | None = None,
) -> RunResult:
    """Measure upscalers.

    Args:
        methods: Names of cards, `./file.py:function`, either with `+wrapper`, or callables that take `(lr)` or
            `(lr, scale)`: float32 RGB in [0, 1], (N, 3, h, w), to (N, 3, h·scale, w·scale).
        datasets: Names, or folders of images such as `./photos`.
        scale: Upscaling factors, 2 or more.
        protocol: Names; several that share an LR rule are scored from the same upscaled image.
        metrics: Names.
        lr: `made` by the protocol, or `given` with the dataset.
        split: Of datasets that have several, such as `valid`; their first, which is for testing, if not said.
        limit: Take at most so many images of each dataset, always the same ones.
        device: `auto`, `cpu` or `cuda`.
        precision: Of networks: `fp32`, `bf16`, `tf32` on a GPU, or `auto`: bf16 where a dataset's first images agree
            with fp32 within 0.005 dB and it is faster.
        runtime: What executes networks: `eager`, `compile` (torch.compile) or `openvino` (an extra).
        weights: Weight files by `name@weights`, or those of the one method that is written so: other people's weights
            that you have fetched, one file or more, or your own for a card's network under a name of your choice.
        classifiers: Names, or `timm:NAME` and the like: what each recognises in the results, beside HR and, where the
            dataset has labels it knows, beside those.
        classifier_weights: Weight files of classifiers that come without, by name.
        output: Run folder, which a second call with the same plan completes; None keeps the run in memory.
        timing: Whether methods are also timed, when everything has been scored: at LR 320×180 and 510×339, or at
            the widths and heights given. The process keeps its cores and its memory for it; see `srbench.tuning`.
        save_images: Whether every result is saved below `images` in the run folder, and HR as it is compared with it.
        progress: Told after every record.

    Returns:
        The run, with `leaderboard` and `records` as DataFrames. Images and methods that failed are in it.

    Raises:
        RequestError: Something asked for is unknown or does not go together; nothing was started.
        DatasetError: A dataset is not there.
        StoreError: The run folder cannot be written; what was scored so far is kept.

    Example:
        >>> import srbench
        >>> result = srbench.run("nearest", datasets="bundled", scale=4, metrics="psnr")
        >>> result.leaderboard[["method", "images"]].to_dict("records")
        [{'method': 'nearest', 'images': 4}]
    """
    plan = prepare(
        methods,
        datasets=datasets,
        scale=scale,
        protocol=protocol,
        metrics=metrics,
        lr=lr,
        split=split,
        limit=limit,
        precision=precision,
        runtime=runtime,
        weights=weights,
        classifiers=classifiers,
        classifier_weights=classifier_weights,
    )
    sizes = DEFAULT_SIZES if timing is True else tuple(timing or ())
    folder = None if output is None else Path(output)
    return execute(plan, device=device, output=folder, timing=sizes, save_images=save_images, progress=progress)


def score(
    images: Path | str,
    *,
    name: str,
    dataset: str,
    scale: int,
    protocol: Several = DEFAULT_PROTOCOL,
    metrics: Several = DEFAULT_METRICS,
    classifiers: Several = (),
    classifier_weights: Mapping[str, Path | str] | None = None,
    split: str = "",
    limit: int | None = None,
    output: Path | str | None = None,
    save_images: bool = False,
    progress: Progress | None = None,
) -> RunResult:
    """Score images that were upscaled elsewhere.

    Args:
        images: Folder; each of the dataset's images is matched by id: `baby.png`, `babyx4.png`, `baby_RCAN_x4.png`.
        name: The row's name.
        dataset: Name or folder.
        scale: The factor the images were upscaled by.
        protocol: Names.
        metrics: Names.
        classifiers: As `run` takes them.
        classifier_weights: Likewise.
        split: Likewise.
        limit: Likewise.
        output: Run folder; None keeps the run in memory.
        save_images: As `run` takes it.
        progress: Told after every record.

    Raises:
        RequestError: An image has no file, or several.
        DatasetError: The dataset is not there.
    """
    cards = installed_cards()
    (opened,) = find_datasets((dataset,), cards, split, limit, labelled=bool(classifiers))
    scales = checked_scales(scale)
    method = FinishedImages(free_name(name, cards), Path(images), tuple(sample.id for sample in opened.samples), scale)
    viewers = find_classifiers(several(classifiers), classifier_weights or {}, cards)
    protocols, names = find_protocols(several(protocol), cards), find_metrics(several(metrics))
    request = Request((method,), (opened,), scales, protocols, names, classifiers=viewers)
    folder = None if output is None else Path(output)
    return execute(make_plan(request), device="cpu", output=folder, save_images=save_images, progress=progress)


def prepare(
    methods: str | Callable[..., Any] | Sequence[str | Callable[..., Any]],
    *,
    datasets: Several = DEFAULT_DATASETS,
    scale: int | Sequence[int] = 4,
    protocol: Several = DEFAULT_PROTOCOL,
    metrics: Several = DEFAULT_METRICS,
    lr: LrSource = "made",
    split: str = "",
    limit: int | None = None,
    precision: PrecisionChoice = "fp32",
    runtime: RuntimeName = "eager",
    weights: Weights = None,
    classifiers: Several = (),
    classifier_weights: Mapping[str, Path | str] | None = None,
) -> Plan:
    """Resolve names and plan, as `run` does, without running; imports no torch.

    Raises:
        RequestError: Something asked for is unknown or does not go together.
        DatasetError: A dataset is not there.
    """
    cards = installed_cards()
    if lr not in ("made", "given"):
        raise RequestError(f"lr is {lr!r}; choose 'made' (by the protocol) or 'given' (the dataset's own files)")
    if precision not in get_args(PrecisionChoice) or runtime not in get_args(RuntimeName):
        known = (", ".join(get_args(choices)) for choices in (PrecisionChoice, RuntimeName))
        raise RequestError(f"precision {precision!r}, runtime {runtime!r}: choose from {'; '.join(known)}")
    specs = [methods] if isinstance(methods, str) or callable(methods) else list(methods)
    files = named_files(weights, [spec for spec in specs if isinstance(spec, str)])
    found: tuple[Method, ...] = tuple(find_method(spec, cards, files) for spec in specs)
    scales = checked_scales(scale)
    protocols, names = find_protocols(several(protocol), cards), find_metrics(several(metrics))
    opened = find_datasets(several(datasets), cards, split, limit, labelled=bool(classifiers))
    viewers = find_classifiers(several(classifiers), classifier_weights or {}, cards)
    return make_plan(Request(found, opened, scales, protocols, names, lr, precision, runtime, viewers))


def several(names: Several) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def checked_scales(scale: int | Sequence[int]) -> tuple[int, ...]:
    scales = (scale,) if isinstance(scale, int) else tuple(scale)
    for value in scales:
        if not 2 <= value <= 16:
            raise RequestError(f"scale {value} is out of range; srbench upscales by 2 to 16")
    return scales
