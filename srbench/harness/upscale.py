"""`srbench upscale`: a person's own files made larger, with all that their files say beside the pixels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from srbench.api import BuildableMethod, Inference, Upscaler
from srbench.errors import NotApplicableError, OutputError, RequestError, SRBenchError
from srbench.files import WRITABLE_SUFFIXES, Photograph, image_files, read_photograph, to_rgb, write_photograph
from srbench.protocols import imresize

__all__ = ["enlarged", "pairs", "upscale_files"]

Progress = Callable[[int, int], None]


def pairs(source: Path, output: Path, *, overwrite: bool) -> list[tuple[Path, Path]]:
    """Which file becomes which.

    Args:
        source: An image file, or a folder of them.
        output: For a file: a file, or a folder that is there; for a folder: a folder.
        overwrite: Whether files that are there may be replaced; never the source itself.

    Raises:
        RequestError: The source is not there.
        DatasetError: The folder cannot be listed, or two of its files have one name.
        OutputError: A file is there already, or would be written over its own source.
    """
    if source.is_dir():
        if output.is_file():
            raise OutputError(f"{output}: is a file; name a folder for the images of {source}")
        found = [(path, output / _writable(path)) for path in image_files(source).values()]
        if not found:
            raise RequestError(f"{source}: holds no images")
    elif source.is_file():
        found = [(source, output / _writable(source) if output.is_dir() or not output.suffix else output)]
    else:
        raise RequestError(f"{source}: no such image file or folder")
    for path, target in found:
        if target.exists() and target.samefile(path):
            raise OutputError(f"{target}: is the image itself; choose another output")
    there = [target for _, target in found if target.exists()]
    if there and not overwrite:
        more = f" and {len(there) - 1} more are there" if len(there) > 1 else " is there"
        raise OutputError(f"{there[0]}{more} already; add --overwrite, or choose another output")
    return found


def _writable(path: Path) -> str:
    """The same name; of a kind that cannot hold everything, PNG's."""
    return path.name if path.suffix.lower() in WRITABLE_SUFFIXES else f"{path.stem}.png"


def upscale_files(
    method: BuildableMethod,
    scale: int,
    asked: Inference,
    files: Sequence[tuple[Path, Path]],
    progress: Progress = lambda *_: None,
) -> list[str]:
    """Upscale files one after the other; one that fails keeps none of the others from being made.

    Args:
        method: Which.
        scale: Upscaling factor.
        asked: Device, precision and runtime.
        files: Sources and targets.
        progress: Told of each file.

    Returns:
        What went wrong, a line a file.

    Raises:
        NotApplicableError: The method has no such factor.
        SRBenchError: The method cannot be loaded.
    """
    if method.scales != "any" and scale not in method.scales:
        has = ", ".join(f"×{known}" for known in method.scales)
        raise NotApplicableError(f"{method.name} has no ×{scale}, only {has}; choose another --scale")
    inference = method.inference(scale, asked)
    upscaler = method.build(scale, inference)
    problems: list[str] = []
    for done, (source, target) in enumerate(files, start=1):
        try:
            made = enlarged(read_photograph(source), upscaler, method, scale, inference.device)
            write_photograph(target, made)
        except SRBenchError as error:
            problems.append(str(error) if str(source.name) in str(error) else f"{source}: {error}")
        progress(done, len(files))
    return problems


def enlarged(
    photograph: Photograph, upscaler: Upscaler, method: BuildableMethod, scale: int, device: str
) -> Photograph:
    """A photograph made larger: colour by the method, transparency by bicubic; a grey one stays grey.

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
