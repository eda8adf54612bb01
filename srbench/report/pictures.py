"""The page's pictures: lossless, and cropped if the page would become too large."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image as Pil

from srbench.api import TRUTH, Image, Progress
from srbench.errors import ImageError
from srbench.files import pixel_sha256, read_image, to_rgb
from srbench.report.content import Group, ImageRow
from srbench.report.figures.crop import Box, contrasted, most_different

_FEW, _MANY = 24_000_000, 56_000_000
_EACH = 560_000
_SPOTS = 4
_SPOT = 64
"""Largest side of a suggested crop, in pixels of HR; at most half the image's shorter side."""

_SMALLEST = 48**2
_LONGEST = 16_383
"""Longest side of a WebP picture, in pixels."""

_GUESS = 0.55
"""Lower estimate of the bytes per pixel of a lossless picture, for the first try."""


@dataclass(frozen=True)
class Budget:
    """Largest total size of all pictures, in bytes of the page."""

    size: int

    @staticmethod
    def of(images: int) -> Budget:
        """Return the budget for a number of images: 0.56 MB each, but at least 24 MB and at most 56 MB."""
        return Budget(min(_MANY, max(_FEW, _EACH * images)))


@dataclass(frozen=True)
class ImageView:
    """The pictures of one image.

    Attributes:
        size: The whole image's height and width.
        box: The part of the image that is shown.
        pictures: Indices into `Pictures.files` by method, and of the HR under `HR`.
        spots: Boxes in which the methods differ most, in coordinates of the whole image.
    """

    size: tuple[int, int]
    box: Box
    pictures: Mapping[str, int]
    spots: tuple[Box, ...]

    @property
    def cropped(self) -> bool:
        """Whether a part of the image is left out."""
        return (self.box.height, self.box.width) != self.size


@dataclass
class Pictures:
    """All pictures of a page.

    Attributes:
        files: Base64-encoded WebP.
        views: Views by index of the group and image id.
        problems: Reasons why images could not be shown, a line each.
    """

    files: list[str] = field(default_factory=list)
    views: dict[tuple[int, str], ImageView] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def cropped(self) -> int:
        """Number of images of which only a part is shown."""
        return sum(view.cropped for view in self.views.values())


@dataclass(frozen=True)
class _Excerpt:
    """A part of an image: the whole size, the box, and the cropped results by method."""

    size: tuple[int, int]
    box: Box
    images: Mapping[str, Image]


def collect_pictures(
    groups: Sequence[Group],
    most: int,
    budget: Budget | None = None,
    progress: Progress = lambda *_: None,
) -> Pictures:
    """Read and encode saved images.

    If they exceed the budget, larger images are cropped to the part where the methods differ most, all to the same
    number of pixels.

    Args:
        groups: Groups whose images are read.
        most: Largest number of images per group.
        budget: Largest total size; by default it depends on the number of images.
        progress: Called with the number of images read and the total.
    """
    pictures = Pictures()
    # Protocols that share their LR share the images.
    wanted: dict[frozenset[tuple[str, Path]], list[tuple[int, ImageRow]]] = {}
    for index, group in enumerate(groups):
        for row in group.images[:most]:
            if TRUTH in row.saved:
                files = frozenset((name, saved.file) for name, saved in row.saved.items())
                wanted.setdefault(files, []).append((index, row))
    chosen = budget or Budget.of(len(wanted))
    rows = [same[0][1] for same in wanted.values()]
    # First try: the largest area for which the estimated size of all pictures is within the budget.
    area = _fitting_area([_area(row) for row in rows], [len(row.saved) for row in rows], chosen.size / _in_page(_GUESS))
    read: list[_Excerpt | None] = []
    with ThreadPoolExecutor(2) as pool:
        for done, (part, problems) in enumerate(pool.map(lambda row: _read(row, area), rows), start=1):
            read.append(part)
            pictures.problems += problems
            progress(done, len(rows))
        parts, encoded = _within(read, area, chosen, pool)
    size = sum(map(len, encoded.values()))
    if size > chosen.size:
        pictures.problems.append(
            f"pictures take {size / 1e6:.0f} MB, more than the {chosen.size / 1e6:.0f} MB they should; a report of "
            "fewer methods or images is smaller"
        )
    for index, (part, same) in enumerate(zip(parts, wanted.values(), strict=True)):
        if part is None:
            continue
        places = {}
        for name in part.images:
            places[name] = len(pictures.files)
            pictures.files.append(encoded[index, name])
        spots = _spots(part)
        for group_index, row in same:
            pictures.views[group_index, row.image] = ImageView(part.size, part.box, places, spots)
    return pictures


def _within(
    parts: Sequence[_Excerpt | None], area: int, budget: Budget, pool: ThreadPoolExecutor
) -> tuple[Sequence[_Excerpt | None], dict[tuple[int, str], str]]:
    """Parts cropped until their pictures are within the budget, and the pictures by index of the part and method."""
    encoded = _encoded(parts, pool)
    while (size := sum(map(len, encoded.values()))) > budget.size and area > _SMALLEST:
        # 3 % less than in proportion, since smaller pictures take more bytes per pixel.
        area = max(_SMALLEST, int(area * 0.97 * budget.size / size))
        shrunk = [part and _shrunk(part, area) for part in parts]
        encoded |= _encoded([new if new is not old else None for new, old in zip(shrunk, parts, strict=True)], pool)
        parts = shrunk
    return parts, encoded


def _in_page(size: float) -> float:
    """Size of a picture in base64, from its size in bytes."""
    return size * 4 / 3


def _area(row: ImageRow) -> int:
    """Number of pixels of an image, from its header; 0 if that cannot be read."""
    try:
        with Pil.open(row.saved[TRUTH].file) as header:
            return header.width * header.height
    except (OSError, Pil.DecompressionBombError):
        return 0


def _fitting_area(areas: Sequence[int], pictures: Sequence[int], pixels: float) -> int:
    """The largest area A for which all pictures, cropped to at most A pixels each, have at most `pixels` in total."""
    low, high = _SMALLEST, max([_SMALLEST, *areas])
    while low < high:
        middle = (low + high + 1) // 2
        if sum(min(area, middle) * count for area, count in zip(areas, pictures, strict=True)) <= pixels:
            low = middle
        else:
            high = middle - 1
    return low


def _read(row: ImageRow, area: int) -> tuple[_Excerpt | None, list[str]]:
    """The part of an image's results to be shown, and the errors in reading them."""
    images: dict[str, Image] = {}
    problems: list[str] = []
    for name, saved in row.saved.items():
        try:
            image = read_image(saved.file)
        except ImageError as error:
            problems.append(str(error))
            continue
        if pixel_sha256(image) != saved.sha256:
            problems.append(f"{saved.file}: not the image that was scored; run the same command again to save it anew")
            continue
        images[name] = to_rgb(image)
    if TRUTH not in images:
        return None, problems
    size = images[TRUTH].shape[1], images[TRUTH].shape[2]
    return _shrunk(_Excerpt(size, Box(0, 0, size[1], size[0]), images), area), problems


def _shrunk(part: _Excerpt, area: int) -> _Excerpt:
    """The part cropped to at most `area` pixels where the methods differ most, with the same aspect ratio."""
    height, width = part.box.height, part.box.width
    if height * width <= area and max(height, width) <= _LONGEST:
        return part
    factor = min((area / (height * width)) ** 0.5, _LONGEST / max(height, width))
    size = max(1, int(height * factor)), max(1, int(width * factor))
    (inner,) = most_different(_compared(part), size)
    box = Box(part.box.left + inner.left, part.box.top + inner.top, inner.width, inner.height)
    return _Excerpt(
        part.size, box, {name: np.ascontiguousarray(inner.cut(image)) for name, image in part.images.items()}
    )


def _compared(part: _Excerpt) -> Sequence[Image]:
    return contrasted([image for name, image in part.images.items() if name != TRUTH], part.images[TRUTH])


def _spots(part: _Excerpt) -> tuple[Box, ...]:
    side = max(1, min(_SPOT, part.box.height // 2, part.box.width // 2))
    return tuple(
        Box(part.box.left + spot.left, part.box.top + spot.top, spot.width, spot.height)
        for spot in most_different(_compared(part), (side, side), _SPOTS)
    )


def _encoded(parts: Sequence[_Excerpt | None], pool: ThreadPoolExecutor) -> dict[tuple[int, str], str]:
    jobs = [(index, name, image) for index, part in enumerate(parts) if part for name, image in part.images.items()]
    return dict(pool.map(lambda job: ((job[0], job[1]), _webp(job[2])), jobs))


def _webp(image: Image) -> str:
    """Lossless WebP as base64."""
    buffer = io.BytesIO()
    picture = Pil.fromarray(np.ascontiguousarray(image.transpose(1, 2, 0)))
    picture.save(buffer, format="WEBP", lossless=True, method=2)
    return base64.b64encode(buffer.getvalue()).decode("ascii")
