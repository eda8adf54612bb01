"""What a run can be told, once: the keyword arguments of `srbench.run` and `srbench.score`."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict, get_args, get_type_hints

from srbench.api import LrSource, Metric, PrecisionChoice, Progress, RuntimeName, Size
from srbench.cards import Registry
from srbench.classifiers import find_classifiers
from srbench.datasets import find_datasets
from srbench.errors import RequestError, suggest
from srbench.methods import Weights, find_methods, named_files
from srbench.metrics import DEFAULT_METRICS, find_metrics
from srbench.protocols import find_protocols
from srbench.runs import Request

Several = str | Sequence[str]
Methods = str | Callable[..., Any] | Sequence[str | Callable[..., Any]]


class ScoreOptions(TypedDict, total=False):
    """Options of `srbench.score`, and of `srbench.run`."""

    protocol: Several
    """Names; several that share a degradation rule are scored from the same upscaled image. Default: `classic-y`."""
    metrics: str | Metric | Sequence[str | Metric]
    """Names or `srbench.Metric` objects. Default: PSNR, SSIM, MS-SSIM and L1."""
    classifiers: Several
    """Names, or `timm:NAME` and the like: what each recognises in the results is compared with HR and with labels."""
    classifier_weights: Mapping[str, Path | str]
    """Weight files, by name, of classifiers that come without."""
    split: str
    """Split of datasets that have several, such as `valid`. Default: the test split."""
    limit: int | None
    """At most this many images of each dataset, always the same ones."""
    output: Path | str | None
    """Run folder, which a second call with the same plan completes; `auto` for one below `runs/`, None for memory."""
    save_images: bool
    """Whether every result, and HR as it is compared with it, is saved below `images` in the run folder."""
    progress: Progress | None
    """Called with the records done and in all, after every record."""


class RunOptions(ScoreOptions, total=False):
    """Options of `srbench.run`."""

    datasets: Several
    """Names, or folders of images such as `./photos`. Default: `bundled`."""
    scale: int | Sequence[int]
    """Upscaling factors, 2 to 16. Default: 4."""
    lr: LrSource
    """`made` by the protocol (the default), or `given` with the dataset."""
    device: str
    """`auto` (the default), `cpu` or `cuda`."""
    precision: PrecisionChoice
    """Precision of networks: `fp32` (the default), `bf16`, `tf32` on a GPU, or `auto`: bf16 if a dataset's first
    images agree with fp32 within 0.005 dB and it is faster."""
    runtime: RuntimeName
    """What executes networks: `eager` (the default), `compile` (torch.compile) or `openvino` (an extra)."""
    weights: Weights
    """Weight files by `name@weights`, or those of the one method that is written so: other people's weights that you
    have fetched, or your own for a card's network under a name of your choice."""
    timing: bool | Sequence[Size]
    """Whether methods are also timed, once everything has been scored: True for LR of 320×180 and 510×339 pixels, or
    the widths and heights to use."""


DEFAULTS = RunOptions(
    protocol="classic-y",
    metrics=DEFAULT_METRICS,
    classifiers=(),
    classifier_weights={},
    split="",
    limit=None,
    output=None,
    save_images=False,
    progress=None,
    datasets="bundled",
    scale=4,
    lr="made",
    device="auto",
    precision="fp32",
    runtime="eager",
    weights=None,
    timing=False,
)
"""Every option with its default."""


def completed(options: Mapping[str, Any], kind: type[ScoreOptions]) -> RunOptions:
    """Options with the defaults of those that are not given.

    Raises:
        RequestError: There is no such option.
    """
    known = frozenset(get_type_hints(kind))
    for name in options:
        if name not in known:
            raise RequestError(f"no option {name!r}{suggest(name, known)}; there are {', '.join(sorted(known))}")
    given = {name: value for name, value in options.items() if value is not None}
    return RunOptions(**{**DEFAULTS, **given})  # type: ignore[typeddict-item]  # checked above


def resolve(methods: Methods, options: RunOptions, cards: Registry) -> Request:
    """Look up everything that was asked for by name; imports no torch.

    Raises:
        RequestError: Something is unknown or does not go together.
        DatasetError: A dataset is not there.
    """
    if options["lr"] not in get_args(LrSource):
        raise RequestError(
            f"lr is {options['lr']!r}; choose 'made' (by the protocol) or 'given' (the dataset's own files)"
        )
    for name, value, choices in (
        ("precision", options["precision"], PrecisionChoice),
        ("runtime", options["runtime"], RuntimeName),
    ):
        if value not in get_args(choices):
            raise RequestError(f"{name} {value!r}: choose from {', '.join(get_args(choices))}")
    specs = [methods] if isinstance(methods, str) or callable(methods) else list(methods)
    files = named_files(options["weights"], [spec for spec in specs if isinstance(spec, str)])
    classifiers = several(options["classifiers"])
    return Request(
        methods=find_methods(specs, cards, files),
        datasets=find_datasets(
            several(options["datasets"]), cards, options["split"], options["limit"], labelled=bool(classifiers)
        ),
        scales=checked_scales(options["scale"]),
        protocols=find_protocols(several(options["protocol"]), cards),
        metrics=find_metrics(several_metrics(options["metrics"]), cards),
        lr=options["lr"],
        precision=options["precision"],
        runtime=options["runtime"],
        classifiers=find_classifiers(classifiers, options["classifier_weights"], cards),
    )


def several(names: Several) -> tuple[str, ...]:
    """One name, or several, as a tuple."""
    return (names,) if isinstance(names, str) else tuple(names)


def several_metrics(metrics: str | Metric | Sequence[str | Metric]) -> tuple[str | Metric, ...]:
    """One metric, or several, as a tuple."""
    return (metrics,) if isinstance(metrics, str | Metric) else tuple(metrics)


def checked_scales(scale: int | Sequence[int]) -> tuple[int, ...]:
    """One scale, or several, as a tuple.

    Raises:
        RequestError: One is not a whole number from 2 to 16.
    """
    scales = (scale,) if isinstance(scale, int) else tuple(scale)
    for value in scales:
        if not isinstance(value, int) or not 2 <= value <= 16:
            raise RequestError(f"scale {value!r} is out of range; srbench upscales by 2 to 16, in whole numbers")
    return scales
