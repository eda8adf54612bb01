"""Pictures to look at: the same crop of HR, of its bicubic enlargement and of a method's result, side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pil
from PIL import ImageDraw

from srbench.datasets import Dataset
from srbench.errors import RequestError
from srbench.images import Image, to_rgb, write_image
from srbench.inference import Inference
from srbench.inputs import Degraded, decode, degrade
from srbench.methods import Job, Method
from srbench.metrics import psnr
from srbench.protocol import Protocol, imresize, luma, quantise

__all__ = ["CROP", "write_pictures"]

CROP = 96
"""Side of the crop, in HR pixels."""

_MAGNIFIED = 2
_CAPTION = 14
_GAP = 4


def write_pictures(
    methods: Sequence[Method],
    dataset: Dataset,
    image: str | None,
    scale: int,
    protocol: Protocol,
    inference: Inference,
    folder: Path,
    advance: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[list[Path], list[str]]:
    """Write a picture for each method: HR, bicubic and the method's result, the same crop of each, magnified ×2.

    The crop is the square of HR with the most detail. The PSNR below a result is the whole image's under the protocol.

    Args:
        methods: What to show.
        dataset: Where the image is from.
        image: Its id; None for the dataset's first.
        scale: Upscaling factor.
        protocol: How LR is made, and what the PSNR is of; must upscale RGB.
        inference: How the methods run.
        folder: Where to; one PNG a method.
        advance: Told after each picture how many of how many are done.

    Returns:
        The files, and what looked suspicious about the results.

    Raises:
        RequestError: There is no such image, or it is smaller than the crop, or the protocol upscales luma alone, or
            two methods would share a file.
        SRBenchError: A method failed, or a file cannot be read or written.
    """
    scene = _scene(dataset, image, scale, protocol)
    files = [folder / f"{_file_name(method.name)}-{scene.image}-x{scale}.png" for method in methods]
    if len(set(files)) < len(files):
        raise RequestError(f"two methods would be drawn into one file: {', '.join(path.name for path in files)}")
    suspicious: list[str] = []
    for done, (method, path) in enumerate(zip(methods, files, strict=True), 1):
        (produced,) = method.open(scale, inference)([scene.job])
        suspicious += [f"{method.name}: {warning}" for warning in produced.warnings]
        write_image(path, _side_by_side(scene.panels(method.name, to_rgb(produced.array))))
        advance(done, len(methods))
    return files, suspicious


@dataclass(frozen=True)
class _Scene:
    """What all pictures of one image share; `place` is the crop's top and left."""

    image: str
    scale: int
    protocol: Protocol
    degraded: Degraded
    place: tuple[int, int]

    @property
    def job(self) -> Job:
        """The image as a method gets it."""
        return Job(self.image, self.degraded.lr, self.degraded.reference.shape[1:], self.scale, grey=False)

    @cached_property
    def bicubic(self) -> Image:
        """The whole image enlarged."""
        return quantise(imresize(self.degraded.lr.astype(np.float64), self.degraded.reference.shape[1:]))

    def panels(self, name: str, result: Image) -> list[tuple[str, Image]]:
        """Captions and crops of HR, bicubic and a method's result."""
        return [
            # Pillow's own font lacks ×.
            (f"HR {self.image} x{self.scale} {self.protocol.name}", self._crop(self.degraded.reference)),
            (self._caption("bicubic", self.bicubic), self._crop(self.bicubic)),
            (self._caption(name, result), self._crop(result)),
        ]

    def _crop(self, image: Image) -> Image:
        top, left = self.place
        return image[:, top : top + CROP, left : left + CROP]

    def _caption(self, name: str, image: Image) -> str:
        sides = (self.protocol.compared(side, self.scale) for side in (image, self.degraded.reference))
        return f"{name} {psnr(*sides):.2f} dB"


def _scene(dataset: Dataset, image: str | None, scale: int, protocol: Protocol) -> _Scene:
    """Read an image and choose its crop, or say why it cannot be shown."""
    sample = next((item for item in dataset.samples if image in (None, item.id)), None)
    if sample is None:
        known = ", ".join(item.id for item in dataset.samples[:8])
        raise RequestError(f"{dataset.name} has no image {image!r}; it has {known}")
    if protocol.card.degradation.planes == "y":
        raise RequestError(f"{protocol.name} upscales luma alone; choose a protocol that upscales RGB")
    degraded = degrade(decode(dataset, sample).image, sample, scale, protocol.degradation, "made")
    if min(degraded.reference.shape[1:]) < CROP:
        raise RequestError(f"{dataset.name}/{sample.id} is smaller than the crop of {CROP}×{CROP} pixels")
    return _Scene(sample.id, scale, protocol, degraded, _most_detailed(degraded.reference))


def _file_name(method: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "-+@._" else "-" for letter in method)


def _most_detailed(reference: Image) -> tuple[int, int]:
    """Top and left of the square with the largest gradients, on a grid of half squares."""
    plane = luma(to_rgb(reference))[0]
    energy = np.abs(np.diff(plane, axis=0))[:, :-1] + np.abs(np.diff(plane, axis=1))[:-1]
    step = CROP // 2
    places = [
        (top, left)
        for top in range(0, plane.shape[0] - CROP + 1, step)
        for left in range(0, plane.shape[1] - CROP + 1, step)
    ]
    return max(places, key=lambda at: float(energy[at[0] : at[0] + CROP, at[1] : at[1] + CROP].sum()))


def _side_by_side(panels: Sequence[tuple[str, Image]]) -> NDArray[np.uint8]:
    """Panels magnified by repeating pixels, on white, a caption below each."""
    side = CROP * _MAGNIFIED
    canvas = Pil.new("RGB", (len(panels) * (side + _GAP) - _GAP, side + _CAPTION), "white")
    draw = ImageDraw.Draw(canvas)
    for index, (caption, panel) in enumerate(panels):
        large = np.repeat(np.repeat(panel, _MAGNIFIED, axis=1), _MAGNIFIED, axis=2)
        canvas.paste(Pil.fromarray(np.ascontiguousarray(large.transpose(1, 2, 0))), (index * (side + _GAP), 0))
        draw.text((index * (side + _GAP) + 2, side + 1), caption, fill="black")
    return np.ascontiguousarray(np.asarray(canvas).transpose(2, 0, 1))
