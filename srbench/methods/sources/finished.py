"""Finished images, upscaled elsewhere and read from a folder."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from srbench.api import Image, Inference, Job, Produced, Producer
from srbench.errors import MethodError, RequestError
from srbench.files import file_identity, image_files, place_sha256, read_identified, to_rgb
from srbench.protocols import luma, quantise


class FinishedImages:
    """Images found by image id: `baby.png`, `babyx4.png`, `baby_x4.png`, `baby_RCAN_x4.png`."""

    colour: Literal["images"] = "images"

    def __init__(self, name: str, folder: Path, ids: tuple[str, ...], scale: int) -> None:
        """Match each of the dataset's image ids to one file in the folder.

        Raises:
            RequestError: The folder does not exist, or an id has no file or several.
        """
        self.name = name
        self.place = place_sha256(folder)
        self.scales = (scale,)
        self._files = _match(folder, ids, scale)
        self._sha256: dict[str, str] = {}

    def identity(self, scale: int) -> Mapping[str, str]:
        """Return the sha256 of each image file, by image id."""
        self._sha256 = {image: file_identity(path) for image, path in self._files.items()}
        return self._sha256

    def inference(self, scale: int, asked: Inference) -> None:
        """Return None, since no network runs."""

    def open(self, scale: int, inference: Inference) -> Producer:
        """Return a producer that reads the image of each job from its file."""
        return lambda jobs: [self._produced(job) for job in jobs]

    def _produced(self, job: Job) -> Produced:
        from srbench.methods.plausibility import suspicions

        path = self._files[job.image]
        image, _, found, file = read_identified(path)
        if file != self._sha256.get(job.image, file):
            raise MethodError(f"{path.name}: the file was changed during the run; run the same command again")
        if image.shape[1:] != job.size:
            got, expected = (f"{shape[1]}×{shape[0]}" for shape in (image.shape[1:], job.size))
            raise MethodError(f"{path.name} is {got}, expected {expected} (HR cut to a multiple of {job.scale})")
        if len(image) == 1 and not job.grey:
            raise MethodError(f"{path.name} is grey but HR is RGB; save the RGB result, not its luma")
        if job.grey and (image == image[:1]).all():
            image = np.ascontiguousarray(image[:1])
        warnings = tuple(f"result's file: {warning}" for warning in found)
        return Produced(image, (*warnings, *suspicions(_like(image, job.lr), job.lr, job.scale)))


def _like(image: Image, lr: NDArray[Any]) -> Image:
    """Convert the result to the planes of LR."""
    if len(image) == len(lr):
        return image
    return to_rgb(image) if len(lr) == 3 else quantise(luma(image))


def _match(folder: Path, ids: tuple[str, ...], scale: int) -> dict[str, Path]:
    if not folder.is_dir():
        raise RequestError(f"{folder}: no such folder of images to score; check the path")
    stems = image_files(folder)
    claims: dict[str, list[Path]] = {image: [] for image in ids}
    for stem, path in stems.items():
        owner = _owner(stem, ids, scale)
        if owner is not None:
            claims[owner].append(path)
    missing = [image for image, paths in claims.items() if not paths]
    if missing:
        raise RequestError(f"{folder}: no image for {', '.join(missing[:8])} ({len(missing)} of {len(ids)} missing)")
    for image, paths in claims.items():
        if len(paths) > 1:
            names = " and ".join(path.name for path in paths)
            raise RequestError(f"{folder}: {names} match the same image {image!r}; keep one")
    return {image: paths[0] for image, paths in claims.items()}


def _owner(stem: str, ids: tuple[str, ...], scale: int) -> str | None:
    """The longest id that equals the stem, or the stem without a suffix such as `x4`, `_x4`, `_RCAN_x4`, `_SR`."""
    suffix = re.compile(rf"([xX]{scale}|[_-].+)?")
    fitting = [image for image in ids if stem.startswith(image) and suffix.fullmatch(stem[len(image) :])]
    return max(fitting, key=len) if fitting else None
