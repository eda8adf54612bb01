"""One image, and what methods make of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from srbench.api import Dataset, Inference, Job, LrSource, Method, Sample
from srbench.cards import Registry
from srbench.datasets import open_dataset
from srbench.engine import decode, degrade
from srbench.errors import RequestError, suggest
from srbench.files import IMAGE_SUFFIXES, to_rgb
from srbench.metrics import METRICS, compare, score
from srbench.protocols import Protocol
from srbench.report import Box, Scene, SceneResult, contrasted, most_different, read_box

__all__ = ["AUTO", "find_box", "find_image", "make_scene"]

AUTO = "auto"
"""The crop where the methods differ most."""

_PART = 5
"""The automatic crop's sides are the image's shorter one divided by this, between 32 and 160 pixels."""


def find_image(image: str, cards: Registry) -> tuple[Dataset, str]:
    """What an image's name on a command line means: a file, `DATASET/ID`, or the id of a bundled photograph.

    Returns:
        Its dataset, which has no name where it is a file, and its id.

    Raises:
        RequestError: It names a file that is not there, or none of an image.
        SRBenchError: The dataset is not there.
    """
    path = Path(image).expanduser()
    if path.suffix.lower() in IMAGE_SUFFIXES or path.is_file():
        if not path.is_file():
            raise RequestError(f"{image}: no such file; name an image file, DATASET/ID, or a bundled photo's id")
        if path.suffix.lower() not in IMAGE_SUFFIXES:
            raise RequestError(f"{image}: is no image file ({', '.join(sorted(IMAGE_SUFFIXES))})")
        return Dataset("", (Sample(path.stem, path, {}),)), path.stem
    dataset, _, name = image.rpartition("/")
    return open_dataset(dataset or "bundled", cards), name


def make_scene(
    methods: Sequence[tuple[Method, Inference]],
    dataset: Dataset,
    image: str,
    scale: int,
    protocol: Protocol,
    lr: LrSource = "made",
    progress: Callable[[int, int], None] = lambda *_: None,
) -> Scene:
    """Upscale one image by several methods.

    Args:
        methods: What to show, and how each runs if it computes.
        dataset: Where the image is from.
        image: Its id.
        scale: Upscaling factor.
        protocol: How LR is made, and what the figures are of.
        lr: Whether LR is made or read.
        progress: Told of methods done.

    Raises:
        RequestError: There is no such image.
        SRBenchError: A file cannot be read, or a method fails.
    """
    ids = [sample.id for sample in dataset.samples]
    if image not in ids:
        known = f"; it has {', '.join(ids[:8])}{' …' if len(ids) > 8 else ''}"
        raise RequestError(f"{dataset.name} has no image {image!r}{known}{suggest(image, ids)}")
    sample = dataset.samples[ids.index(image)]
    hr = decode(dataset, sample).image
    low = degrade(hr, sample, scale, protocol.degradation, lr)
    truth = protocol.compared(low.reference, scale)
    results: list[SceneResult] = []
    suspicious: list[str] = []
    for done, (method, inference) in enumerate(methods, start=1):
        producer = method.open(scale, method.inference(scale, inference) or inference)
        job = Job(image, low.lr, (low.reference.shape[1], low.reference.shape[2]), scale, grey=len(hr) == 1)
        (produced,) = producer([job])
        sr = protocol.compared(produced.array, scale)
        scores = score(compare(sr, truth), [METRICS["psnr"], METRICS["ssim"]]).values
        results.append(SceneResult(method.name, to_rgb(produced.array), scores["psnr"], scores["ssim"]))
        suspicious += [f"{method.name}: {warning}" for warning in produced.warnings]
        progress(done, len(methods))
    name = f"{dataset.name}/{image}" if dataset.name else sample.hr.name
    where = name, f"×{scale}, {protocol.name}"
    return Scene(*where, to_rgb(low.reference), tuple(results), tuple(suspicious))


def find_box(scene: Scene, crop: str) -> Box:
    """The crop: given as `x,y,w,h`, or the one where the results differ most, of a single one from HR.

    Raises:
        RequestError: It is none, or lies outside the image.
    """
    height, width = scene.truth.shape[1:]
    if crop != AUTO:
        return read_box(crop, (height, width))
    side = min(max(min(height, width) // _PART, 32), 160, height, width)
    images = [result.image for result in scene.results]
    return most_different(contrasted(images, scene.truth), (side, side))[0]
