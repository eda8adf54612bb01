"""`srbench datasets prepare`: a folder dataset made by selecting, cropping and splitting images."""

import csv
import hashlib
import io
import shutil
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image as PillowImage

from srbench.api import Image, Labels, Progress, Sample
from srbench.datasets.labels import LABEL_FILE
from srbench.errors import DatasetError, OutputError, RequestError, SRBenchError
from srbench.files import expanded, read_image, to_rgb, write_image


@dataclass(frozen=True)
class Preparation:
    """How to select, crop and split images.

    Attributes:
        side: Side, in pixels, of the square that images are cropped and resized to; None to copy whole files.
        least_side: Images with a shorter side, in pixels, are left out; by default `side`, so that none is enlarged.
        parts: Percentage of the images in each folder, by folder name; empty for one folder.
    """

    side: int | None = None
    least_side: int | None = None
    parts: Mapping[str, int] | None = None

    @property
    def least(self) -> int:
        """Smallest allowed length of an image's shorter side, in pixels."""
        return max(1, (self.side or 1) if self.least_side is None else self.least_side)

    def __post_init__(self) -> None:
        """Check the arguments.

        Raises:
            RequestError: The side is less than 1, the least side less than 0, or the parts do not add up to 100 %.
        """
        if self.side is not None and self.side < 1:
            raise RequestError(f"side {self.side}: expected 1 pixel or more")
        if self.least_side is not None and self.least_side < 0:
            raise RequestError(f"least side {self.least_side}: expected 0 pixels or more; 0 skips no image")
        if self.parts and sum(self.parts.values()) != 100:
            raise RequestError(f"parts add up to {sum(self.parts.values())} %; make them add up to 100 %")


@dataclass(frozen=True)
class PreparationReport:
    """Number of images written to each part, and number left out as too small."""

    parts: Mapping[str, int]
    too_small: int


def prepare_folder(
    samples: Sequence[Sample],
    output: Path,
    preparation: Preparation,
    *,
    labels: Labels | None = None,
    progress: Progress = lambda *_: None,
) -> PreparationReport:
    """Write selected images to a new folder for `srbench run --datasets ./folder`, atomically.

    Args:
        samples: The images.
        output: The folder, which must not exist.
        preparation: How to select, crop and split the images.
        labels: Labels of all samples, written as `labels.csv` into each part.
        progress: Called after each image.

    Raises:
        RequestError: The path of the folder cannot be looked up.
        OutputError: The folder exists or cannot be written.
        DatasetError: Images cannot be read, each named with its error, or no image is large enough.
    """
    output = expanded(output)
    if output.exists():
        raise OutputError(f"{output}: already exists; choose another folder")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{output.name}-", dir=output.parent) as staging:
            fresh = Path(staging) / "new"
            kept = _write_all(samples, fresh, preparation, progress)
            for part, files in kept.items():
                if labels is not None:
                    (fresh / part / LABEL_FILE).write_text(_table(labels, files), encoding="utf-8")
            fresh.rename(output)
    except OSError as error:
        raise OutputError(f"{output}: cannot be written ({error.strerror or error}); nothing was made") from error
    found = Counter({part or output.name: len(files) for part, files in kept.items()})
    return PreparationReport(dict(found), len(samples) - found.total())


def _write_all(
    samples: Sequence[Sample], folder: Path, preparation: Preparation, progress: Progress
) -> dict[str, dict[str, str]]:
    """Write the images and return their ids by part and file name."""
    kept: dict[str, dict[str, str]] = {}
    problems: list[str] = []
    for done, sample in enumerate(samples, start=1):
        try:
            image = read_image(sample.hr)
        except SRBenchError as error:
            problems.append(str(error))
            continue
        part = part_of(sample.id, preparation.parts)
        if min(image.shape[1:]) >= preparation.least:
            target = folder / part
            target.mkdir(parents=True, exist_ok=True)
            if preparation.side is None:
                name = sample.hr.name
                shutil.copyfile(sample.hr, target / name)
            else:
                name = f"{sample.id}.png"
                write_image(target / name, square(image, preparation.side))
            kept.setdefault(part, {})[name] = sample.id
        progress(done, len(samples))
    if problems:
        raise DatasetError(f"nothing was made; {len(problems)} images fail: {'; '.join(problems)}")
    if not kept:
        raise DatasetError(f"none of {len(samples)} images has sides of ≥ {preparation.least} pixels; nothing was made")
    return kept


def square(image: Image, side: int) -> Image:
    """Crop the largest central square and resize it with Pillow's bicubic filter to uint8 RGB, (3, side, side).

    Args:
        image: uint8, (C, H, W).
        side: Side of the result, in pixels.
    """
    height, width = image.shape[1:]
    edge = min(height, width)
    top, left = (height - edge) // 2, (width - edge) // 2
    cut = to_rgb(image)[:, top : top + edge, left : left + edge].transpose(1, 2, 0)
    resized = PillowImage.fromarray(np.ascontiguousarray(cut)).resize((side, side), PillowImage.Resampling.BICUBIC)
    return np.ascontiguousarray(np.asarray(resized).transpose(2, 0, 1))


def part_of(name: str, parts: Mapping[str, int] | None) -> str:
    """Choose an image's part by the hash of its id, independently of the other images.

    Args:
        name: The image's id.
        parts: Percent by part name, adding up to 100; None or empty for one part, named "".
    """
    place = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") % 10_000
    for part, percent in (parts or {}).items():
        place -= percent * 100
        if place < 0:
            return part
    return ""


def _table(labels: Labels, files: Mapping[str, str]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if labels.task == "classes":
        writer.writerow(["image", "label"])
        writer.writerows([file, labels.classes[labels.values[name][0]]] for file, name in files.items())
    else:
        writer.writerow(["image", *labels.classes])
        writer.writerows([file, *labels.values[name]] for file, name in files.items())
    return text.getvalue()
