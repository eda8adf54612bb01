"""`srbench show`: a figure of one image and its upscaled results."""

from collections.abc import Sequence
from pathlib import Path

from srbench.api import Dataset, Inference, LrSource, Method, Progress, Sample
from srbench.cards import Registry, installed_cards
from srbench.datasets import open_dataset
from srbench.engine import decode, prepared, scored
from srbench.errors import NotApplicableError, RequestError, suggest
from srbench.files import IMAGE_SUFFIXES, expanded, printable_name, to_rgb
from srbench.harness.arguments.argument import checked
from srbench.harness.arguments.table import CROP, IMAGE, PATH, PROGRESS
from srbench.harness.options import RunOptions, completed, planned
from srbench.methods import resolve_device, resolve_inference
from srbench.metrics import find_metrics
from srbench.protocols import Protocol
from srbench.report import Box, Scene, SceneResult, contrasted, draw_sheet, most_different, read_box, write_figure
from srbench.runs import Cell, Plan

__all__ = ["AUTO", "chosen_cells", "find_box", "find_image", "make_scene", "show"]
AUTO = "auto"
"""Value of `crop` that chooses the part where the methods differ most."""

_LISTED = 20
"""Largest number of image ids in a message."""

_PART = 5
"""Side of the automatic crop: the image's shorter side divided by this, clamped to 32…160 pixels."""


@checked(image=IMAGE, output=PATH, crop=CROP, progress=PROGRESS)
def show(
    image: str,
    methods: Sequence[str],
    output: Path,
    *,
    crop: str = AUTO,
    options: RunOptions,
    progress: Progress = lambda *_: None,
) -> tuple[Scene, Box]:
    """Upscale one image by several methods, write the figure, and return the scene and the crop.

    Args:
        image: An image file, `DATASET/ID`, or a bundled photograph's id.
        methods: Card names or `./file.py:function`, optionally with `+wrapper`.
        output: Figure file ending in `.png`, `.pdf` or `.svg`.
        crop: `auto`, or `x,y,w,h` in HR pixels.
        options: Scale, protocol, device and weights, as in `srbench.run`.
        progress: Called with the number of methods done and the total.

    Raises:
        RequestError: An argument is unknown, or arguments contradict each other.
        SRBenchError: The image cannot be read, or a method fails.
        OutputError: The figure cannot be written.
    """
    cards = installed_cards()
    dataset, name = find_image(image, cards)
    chosen = completed(options, RunOptions)
    plan = planned(methods, chosen, cards)
    if plan.refused:
        raise NotApplicableError(str(plan.refused[0]))
    request = plan.request
    inference = resolve_inference(resolve_device(chosen["device"]), request.precision, request.runtime)
    upscalers = [(method, inference) for method in request.methods]
    scene = make_scene(upscalers, dataset, name, request.scales[0], request.protocols[0], progress=progress)
    box = find_box(scene, crop)
    write_figure(draw_sheet(scene, box), output)
    return scene, box


def find_image(image: str, cards: Registry) -> tuple[Dataset, str]:
    """Resolve a file, `DATASET/ID` or bundled photograph's id to a dataset (name empty for a file) and an image id.

    Raises:
        RequestError: The file does not exist, or is not an image.
        SRBenchError: The dataset is not available.
    """
    path = expanded(image)
    if path.suffix.lower() in IMAGE_SUFFIXES or path.is_file():
        if not path.is_file():
            raise RequestError(f"{image}: no such file; name an image file, DATASET/ID, or a bundled photo's id")
        if path.suffix.lower() not in IMAGE_SUFFIXES:
            raise RequestError(f"{image}: is not an image file, expected one of ({', '.join(sorted(IMAGE_SUFFIXES))})")
        printable_name(path)
        return Dataset("", (Sample(path.stem, path, {}),)), path.stem
    dataset, _, name = image.rpartition("/")
    return open_dataset(dataset or "bundled", cards), name


def chosen_cells(plan: Plan, image: str, methods: Sequence[str], scale: int | None, protocol: str) -> list[Cell]:
    """Cells of the dataset of an image (`id` or `dataset/id`) at one scale under one protocol, one per method.

    By default all methods (in the order of the plan), and the plan's first scale and protocol.

    Raises:
        RequestError: The plan has no such cell, or several datasets have an image of this id.
    """
    ids = {dataset.name: {sample.id for sample in dataset.samples} for dataset in plan.request.datasets}
    homes = [name for name, held in ids.items() if image in held or image.removeprefix(f"{name}/") in held]
    if len(homes) > 1:
        raise RequestError(f"image {image!r} is in {' and in '.join(homes)}; write DATASET/ID")
    if not homes:
        every = [sample.id for dataset in plan.request.datasets for sample in dataset.samples]
        raise _no_image(image, " or ".join(ids), list(dict.fromkeys(every)))
    factor, rules = scale or plan.request.scales[0], protocol or plan.request.protocols[0].name
    there = {
        cell.method.name: cell
        for cell in plan.cells
        if (cell.dataset.name, cell.scale, cell.protocol.name) == (homes[0], factor, rules)
    }
    for method in methods:
        if method not in there:
            known = ", ".join(there) or "none"
            raise RequestError(f"{method!r}: not run on {homes[0]} ×{factor} under {rules}; choose from {known}")
    if not there:
        raise RequestError(f"nothing was run on {homes[0]} ×{factor} under {rules}; choose another scale or protocol")
    return [there[method] for method in methods or there]


def _no_image(image: str, where: str, ids: Sequence[str]) -> RequestError:
    known = f"{', '.join(ids[:_LISTED])}{' …' if len(ids) > _LISTED else ''}"
    return RequestError(f"{where} has no image {image!r}; there are {known}{suggest(image, ids)}")


def make_scene(
    methods: Sequence[tuple[Method, Inference]],
    dataset: Dataset,
    image: str,
    scale: int,
    protocol: Protocol,
    lr: LrSource = "made",
    progress: Progress = lambda *_: None,
) -> Scene:
    """Upscale one image, given by its id, by several methods, and score PSNR (dB) and SSIM under the protocol.

    Raises:
        RequestError: The dataset has no such image.
        SRBenchError: A file cannot be read, or a method fails.
    """
    ids = [sample.id for sample in dataset.samples]
    if image not in ids:
        raise _no_image(image, dataset.name, ids)
    sample = dataset.samples[ids.index(image)]
    ready = prepared(decode(dataset, sample), sample, scale, [protocol], lr)
    if ready.problems:
        raise ready.problems[protocol.name]
    metrics = [one.build("cpu") for one in find_metrics(("psnr", "ssim"), installed_cards())]
    results: list[SceneResult] = []
    suspicious = list(ready.warnings)
    for done, (method, inference) in enumerate(methods, start=1):
        producer = method.open(scale, method.inference(scale, inference) or inference)
        (produced,) = producer([ready.job])
        scores = scored(produced.array, ready, protocol, metrics).values
        results.append(SceneResult(method.name, to_rgb(produced.array), scores["psnr"], scores["ssim"]))
        suspicious += [f"{method.name}: {warning}" for warning in produced.warnings]
        progress(done, len(methods))
    name = f"{dataset.name}/{image}" if dataset.name else sample.hr.name
    where = name, f"×{scale}, {protocol.name}"
    return Scene(*where, to_rgb(ready.reference), tuple(results), tuple(suspicious))


def find_box(scene: Scene, crop: str) -> Box:
    """Parse a crop `x,y,w,h`; for `auto`, find where the results differ most (a single result: from HR).

    Raises:
        RequestError: The crop is not `x,y,w,h`, or lies outside the image.
    """
    height, width = scene.truth.shape[1:]
    if crop != AUTO:
        return read_box(crop, (height, width))
    side = min(max(min(height, width) // _PART, 32), 160, height, width)
    images = [result.image for result in scene.results]
    return most_different(contrasted(images, scene.truth), (side, side))[0]
