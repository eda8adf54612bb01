"""`srbench upscale`: upscale image files, keeping colour profile, EXIF data and transparency."""

from pathlib import Path

import numpy as np

from srbench.api import BuildableMethod, Precision, Progress, RuntimeChoice, Upscaler
from srbench.cards import installed_cards
from srbench.errors import OutputError, RequestError, SRBenchError
from srbench.files import (
    WRITABLE_SUFFIXES,
    Photograph,
    expanded,
    image_files,
    read_photograph,
    to_rgb,
    write_photograph,
)
from srbench.harness.arguments.argument import checked
from srbench.harness.arguments.table import (
    DEVICE,
    FLAG,
    METHOD,
    PATH,
    PRECISION,
    PROGRESS,
    RUNTIME,
    SCALE,
    WEIGHTS,
)
from srbench.methods import Weights, find_method, named_files, refuse_scale, resolve_device, resolve_inference
from srbench.protocols import imresize

__all__ = ["enlarged", "pairs", "upscale_files"]


def pairs(source: Path, output: Path, *, overwrite: bool) -> list[tuple[Path, Path]]:
    """Pair each source file with its output file.

    Args:
        source: An image file or a folder of images.
        output: For a file: a file or an existing folder; for a folder: a folder.
        overwrite: Whether existing files may be replaced; never the source itself.

    Raises:
        RequestError: The source does not exist, or holds no images, or a path cannot be looked up.
        DatasetError: The folder cannot be listed, or two of its files share a name.
        OutputError: An output file exists already, or is the source itself.
    """
    source, output = expanded(source), expanded(output)
    if source.is_dir():
        if output.is_file():
            raise OutputError(f"{output}: is a file; name a folder for the images of {source}")
        found = [(path, output / _writable(path)) for path in image_files(source).values()]
        if not found:
            raise RequestError(f"{source}: holds no images; name an image file or a folder of images")
    elif source.is_file():
        found = [(source, output / _writable(source) if output.is_dir() or not output.suffix else output)]
    else:
        raise RequestError(f"{source}: no such image file or folder; check the path")
    for path, target in found:
        if target.exists() and target.samefile(path):
            raise OutputError(f"{target}: is the image itself; choose another output")
    there = [target for _, target in found if target.exists()]
    if there and not overwrite:
        more = f" and {len(there) - 1} more are there" if len(there) > 1 else " is there"
        raise OutputError(f"{there[0]}{more} already; add --overwrite, or choose another output")
    return found


def _writable(path: Path) -> str:
    """Keep the name if its format can hold profile, EXIF and transparency; otherwise use PNG."""
    return path.name if path.suffix.lower() in WRITABLE_SUFFIXES else f"{path.stem}.png"


@checked(
    source=PATH,
    output=PATH,
    method=METHOD,
    scale=SCALE,
    device=DEVICE,
    precision=PRECISION,
    runtime=RUNTIME,
    weights=WEIGHTS,
    overwrite=FLAG,
    progress=PROGRESS,
)
def upscale_files(
    source: Path,
    output: Path,
    *,
    method: str = "edsr",
    scale: int = 4,
    device: str = "auto",
    precision: Precision = "fp32",
    runtime: RuntimeChoice = "eager",
    weights: Weights = None,
    overwrite: bool = False,
    progress: Progress = lambda *_: None,
) -> tuple[int, list[str]]:
    """Upscale image files one after the other; a failure does not stop the remaining files.

    `source`, `output` and `overwrite` are those of `pairs`, the other options those of `srbench.run`; `progress` is
    called with the number of files done and the total.

    Returns:
        The number of files, and one line per failed file.

    Raises:
        RequestError: An argument is unknown, or arguments contradict each other.
        OutputError: An output file exists, or is the source itself.
        SRBenchError: The method cannot be loaded.
    """
    files = pairs(source, output, overwrite=overwrite)
    found = find_method(method, installed_cards(), named_files(weights, [method]))
    refuse_scale(found, scale)
    inference = found.inference(scale, resolve_inference(resolve_device(device), precision, runtime))
    upscaler = found.build(scale, inference)
    problems: list[str] = []
    for done, (path, target) in enumerate(files, start=1):
        try:
            made = enlarged(read_photograph(path), upscaler, found, scale, inference.device)
            write_photograph(target, made)
        except SRBenchError as error:
            problems.append(str(error) if str(path.name) in str(error) else f"{path}: {error}")
        progress(done, len(files))
    return len(files), problems


def enlarged(
    photograph: Photograph, upscaler: Upscaler, method: BuildableMethod, scale: int, device: str
) -> Photograph:
    """Upscale colour by the method and transparency by bicubic; a grey photograph stays grey.

    Raises:
        MethodError: The method failed.
    """
    from srbench.methods import upscale_planes

    rgb = to_rgb(photograph.image)
    (result,) = upscale_planes(upscaler, [rgb], scale, colour=method.colour, device=device)
    image = result if isinstance(result, np.ndarray) else result.cpu().numpy()
    if len(photograph.image) == 1:
        image = np.round(image.mean(0, keepdims=True)).astype(np.uint8)
    alpha = photograph.alpha
    if alpha is not None:
        alpha = imresize(alpha, (image.shape[1], image.shape[2]))
    return Photograph(image, alpha, photograph.profile, photograph.exif)
