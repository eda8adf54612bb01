"""Keyword arguments of `srbench.run` and `srbench.score`, with their defaults."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict, cast, get_type_hints

from srbench.api import LrSource, Metric, PrecisionChoice, Progress, RuntimeChoice, Size
from srbench.cards import Registry
from srbench.classifiers import find_classifiers
from srbench.datasets import find_datasets
from srbench.errors import NotApplicableError, RequestError, suggest
from srbench.harness.arguments.table import CLASSIFIERS, DATASETS, METHODS, METRICS, OPTIONS, PROTOCOLS, SCALES
from srbench.methods import Weights, find_methods, named_files, scale_advice
from srbench.metrics import DEFAULT_METRICS, find_metrics
from srbench.protocols import find_protocols
from srbench.runs import Plan, Request, make_plan

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
    metric_weights: Mapping[str, Path | str]
    """Weight files by metric name, for metrics whose files cannot be fetched; `lpips@mine` names another file."""
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

    datasets: str | Path | Sequence[str | Path]
    """Names, or folders of images such as `./photos` or a `pathlib.Path`. Default: `bundled`."""
    images: Several
    """Ids, or `dataset/id`, of the images to take, or `@FILE` with an id a line. Default: all."""
    scale: int | Sequence[int]
    """Upscaling scales, 2 to 16. Default: 4."""
    lr: LrSource
    """`made` by the protocol (the default), or `given`: the dataset's own LR files."""
    precision: PrecisionChoice
    """Precision of networks: `fp32` (the default), `bf16`, `tf32` (GPU only), or `auto`: bf16 for each dataset on whose
    first images bf16 is faster and agrees with fp32 within 0.005 dB."""
    runtime: RuntimeChoice
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
    metric_weights={},
    split="",
    images=(),
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
    """Return options with the defaults of missing ones filled in, each in the form that `OPTIONS` gives it.

    Raises:
        RequestError: An option is unknown, or its value is of another kind.
    """
    known = frozenset(get_type_hints(kind))
    for name in options:
        if name not in known:
            raise RequestError(f"no option {name!r}{suggest(name, known)}; there are {', '.join(sorted(known))}")
    chosen = {**DEFAULTS, **options}
    return cast(RunOptions, {name: OPTIONS[name].of(name, value) for name, value in chosen.items()})


def planned(methods: Methods, options: RunOptions, cards: Registry) -> Plan:
    """Look up every name in completed options and plan what is to be run; imports no torch.

    Raises:
        RequestError: A name is unknown, or options contradict each other.
        DatasetError: A dataset is not available.
    """
    request = resolve(methods, options, cards)
    try:
        return make_plan(request)
    except NotApplicableError as error:
        lacking = [one for one in request.methods if one.scales != "any" and not set(request.scales) <= set(one.scales)]
        if not lacking:
            raise
        advice = "".join(scale_advice(method) for method in lacking)
        raise NotApplicableError(f"{error}; {advice}choose another --scale") from None


def resolve(methods: Methods, options: RunOptions, cards: Registry) -> Request:
    """Look up every name in completed options and return the things named as a `Request`; imports no torch.

    Raises:
        RequestError: A name is unknown, or options contradict each other.
        DatasetError: A dataset is not available.
    """
    specs = METHODS.of("methods", methods)
    files = named_files(options["weights"], [spec for spec in specs if isinstance(spec, str)])
    classifiers = CLASSIFIERS.of("classifiers", options["classifiers"])
    return Request(
        methods=find_methods(specs, cards, files),
        datasets=find_datasets(
            DATASETS.of("datasets", options["datasets"]),
            cards,
            options["split"],
            options["limit"],
            labelled=bool(classifiers),
            images=options["images"],
        ),
        scales=SCALES.of("scale", options["scale"]),
        protocols=find_protocols(PROTOCOLS.of("protocol", options["protocol"]), cards),
        metrics=find_metrics(METRICS.of("metrics", options["metrics"]), cards, options["metric_weights"]),
        lr=options["lr"],
        precision=options["precision"],
        runtime=options["runtime"],
        classifiers=find_classifiers(classifiers, options["classifier_weights"], cards),
    )
