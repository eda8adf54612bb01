"""`srbench.run` and `srbench.score`."""

from pathlib import Path
from typing import Unpack

from srbench.cards import installed_cards
from srbench.classifiers import find_classifiers
from srbench.datasets import find_datasets
from srbench.files import expanded
from srbench.harness.arguments.argument import checked
from srbench.harness.arguments.table import CLASSIFIERS, DATASET, FOLDER, METHODS, METRICS, PROTOCOLS, SCALE, TEXT
from srbench.harness.execute import execute
from srbench.harness.options import Methods, RunOptions, ScoreOptions, completed, planned
from srbench.harness.result import RunResult
from srbench.methods import FinishedImages, free_name
from srbench.metrics import find_metrics
from srbench.protocols import find_protocols
from srbench.runs import Request, make_plan

__all__ = ["run", "score"]


def run(methods: Methods, **options: Unpack[RunOptions]) -> RunResult:
    """Score methods on datasets.

    Args:
        methods: Card names or `./file.py:function`, optionally with `+wrapper`, or callables `(lr)` or `(lr, scale)`
            from float32 RGB in [0, 1], (N, 3, h, w), to (N, 3, h·scale, w·scale).
        **options: See `srbench.harness.options.RunOptions`: datasets, scale, protocol, metrics, lr, split, images,
            limit, device, precision, runtime, weights, classifiers, classifier_weights, metric_weights, output, timing,
            save_images, progress.

    Returns:
        The run, with `leaderboard` and `records` as DataFrames, including failed images and methods.

    Raises:
        RequestError: An argument is unknown, or arguments contradict each other; nothing was started.
        DatasetError: A dataset is not available.
        StoreError: The run folder cannot be written; finished records are kept.
        StoppedError: The run was interrupted; the message says what was kept.

    Example:
        >>> import srbench
        >>> result = srbench.run("nearest", datasets="bundled", scale=4, metrics="psnr")
        >>> result.leaderboard[["method", "images"]].to_dict("records")
        [{'method': 'nearest', 'images': 4}]
    """
    chosen = completed(options, RunOptions)
    return execute(planned(methods, chosen, installed_cards()), chosen, methods=METHODS.of("methods", methods))


@checked(images=FOLDER, name=TEXT, dataset=DATASET, scale=SCALE)
def score(
    images: Path | str, *, name: str, dataset: str | Path, scale: int, **options: Unpack[ScoreOptions]
) -> RunResult:
    """Score images that were upscaled elsewhere.

    Args:
        images: Folder of images matched by id: `baby.png`, `babyx4.png`, `baby_RCAN_x4.png`.
        name: Method name in the leaderboard.
        dataset: Name, or folder such as `./photos` or a `pathlib.Path`.
        scale: Scale the images were upscaled by.
        **options: See `srbench.harness.options.ScoreOptions`: protocol, metrics, classifiers, classifier_weights,
            metric_weights, split, limit, device, output, save_images, progress.

    Raises:
        RequestError: An image of the dataset has no file or several, or an option is unknown.
        DatasetError: The dataset is not available.
        StoreError: The run folder cannot be written; finished records are kept.
        StoppedError: The run was interrupted; the message says what was kept.
    """
    chosen = completed(options, ScoreOptions)
    cards = installed_cards()
    classifiers = CLASSIFIERS.of("classifiers", chosen["classifiers"])
    (opened,) = find_datasets((str(dataset),), cards, chosen["split"], chosen["limit"], labelled=bool(classifiers))
    ids = tuple(sample.id for sample in opened.samples)
    request = Request(
        methods=(FinishedImages(free_name(name, cards), expanded(images), ids, scale),),
        datasets=(opened,),
        scales=(scale,),
        protocols=find_protocols(PROTOCOLS.of("protocol", chosen["protocol"]), cards),
        metrics=find_metrics(METRICS.of("metrics", chosen["metrics"]), cards, chosen["metric_weights"]),
        classifiers=find_classifiers(classifiers, chosen["classifier_weights"], cards),
    )
    return execute(make_plan(request), chosen)
