"""Keyword arguments of `srbench.run` and `srbench.score`, with their defaults."""

from collections.abc import Callable, Iterable, Mapping, Sequence
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
    """Options of `srbench.score`; `srbench.run` accepts them too."""

    protocol: Several
    """Names; several that share a degradation rule are scored from the same upscaled image. Default: `classic-y`."""
    metrics: str | Metric | Sequence[str | Metric]
    """Names or `srbench.Metric` objects. Default: PSNR, SSIM, MS-SSIM and L1."""
    classifiers: Several
    """Names such as `timm:NAME`; predictions on each result are compared with those on HR and with the labels."""
    classifier_weights: Mapping[str, Path | str]
    """Weight files by classifier name, for classifiers that ship without weights."""
    split: str
    """Split of datasets with several splits, such as `valid`. Default: the test split."""
    limit: int | None
    """Maximum number of images per dataset; always the same images."""
    device: str
    """`auto` (the default), `cpu` or `cuda`; in `srbench.score` that of the classifiers."""
    output: Path | str | None
    """Run folder, which a second call with the same plan completes; `auto`: below `runs/`; None: in memory."""
    save_images: bool
    """Whether to save every upscaled image, and the HR as compared, below `images` in the run folder."""
    progress: Progress | None
    """Called after every record with the number of records done and the total."""


class RunOptions(ScoreOptions, total=False):
    """Options of `srbench.run`."""

    datasets: Several
    """Names, or folders of images such as `./photos`. Default: `bundled`."""
    scale: int | Sequence[int]
    """Upscaling scales, 2 to 16. Default: 4."""
    lr: LrSource
    """`made` by the protocol (the default), or `given`: the dataset's own LR files."""
    precision: PrecisionChoice
    """Precision of networks: `fp32` (the default), `bf16`, `tf32` (GPU only), or `auto`: bf16 for each dataset on whose
    first images bf16 is faster and agrees with fp32 within 0.005 dB."""
    runtime: RuntimeName
    """Runtime of networks: `eager` (the default), `compile` (torch.compile) or `openvino` (an extra)."""
    weights: Weights
    """Downloaded or self-trained weight files by `name@weights`, or just the files if one method is written that way;
    the part after `@` may be a new name."""
    timing: bool | Sequence[Size]
    """Time the methods after scoring: True for LR of 320×180 and 510×339 pixels, or a list of (width, height)."""


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
    """Return options with the defaults of missing ones filled in.

    Raises:
        RequestError: An option is unknown.
    """
    known = frozenset(get_type_hints(kind))
    for name in options:
        if name not in known:
            raise RequestError(f"no option {name!r}{suggest(name, known)}; there are {', '.join(sorted(known))}")
    given = {name: value for name, value in options.items() if value is not None}
    return RunOptions(**{**DEFAULTS, **given})  # type: ignore[typeddict-item]  # checked above


def resolve(methods: Methods, options: RunOptions, cards: Registry) -> Request:
    """Look up every name in the options and return the things named as a `Request`; imports no torch.

    Raises:
        RequestError: A name is unknown, or options contradict each other.
        DatasetError: A dataset is not available.
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
    """Return names as a tuple; a single name becomes a tuple of one."""
    return (names,) if isinstance(names, str) else tuple(names)


def several_metrics(metrics: str | Metric | Sequence[str | Metric]) -> tuple[str | Metric, ...]:
    """Return metrics as a tuple; a single metric becomes a tuple of one."""
    return (metrics,) if isinstance(metrics, str | Metric) else tuple(metrics)


def checked_scales(scale: int | Sequence[int]) -> tuple[int, ...]:
    """Check the scales and return them as a tuple.

    Raises:
        RequestError: A scale is not an integer from 2 to 16.
    """
    scales = tuple(scale) if isinstance(scale, Iterable) else (scale,)
    for value in scales:
        if not isinstance(value, int) or not 2 <= value <= 16:
            raise RequestError(f"scale {value!r} is out of range; srbench upscales by 2 to 16, in whole numbers")
    return scales
