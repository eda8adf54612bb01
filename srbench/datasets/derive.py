"""`srbench datasets prepare`: a folder dataset made from other images: some of them, cut to squares, in parts."""

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
from srbench.files import read_image, to_rgb, write_image


@dataclass(frozen=True)
class Preparation:
    """What is done with each image.

    Attributes:
        side: Of the square that is cut from the middle and brought to this size, in pixels; None for whole images,
            which are copied as files.
        least_side: Images with a shorter side are left out, and counted; in pixels. None for `side`: an enlarged image
            is no ground truth.
        parts: Share of the images in each folder, by its name, in percent; empty for one folder.
    """

    side: int | None = None
    least_side: int | None = None
    parts: Mapping[str, int] | None = None

    @property
    def least(self) -> int:
        """The shortest side that is taken."""
        return max(1, (self.side or 1) if self.least_side is None else self.least_side)

    def __post_init__(self) -> None:
        """Refuse what cannot be done.

        Raises:
            RequestError: A side is none, or the parts are not the whole.
        """
        if self.side is not None and self.side < 1:
            raise RequestError(f"side {self.side} is no length in pixels; write 1 or more")
        if self.parts and sum(self.parts.values()) != 100:
            raise RequestError(f"parts add up to {sum(self.parts.values())} %, expected 100")


@dataclass(frozen=True)
class PreparationReport:
    """What became of the images: how many in each part, and how many were too small."""

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
    """Make a folder that `srbench run --datasets ./folder` takes; it appears whole or not at all.

    Args:
        samples: The images.
        output: Must not exist.
        preparation: What is done with them.
        labels: Of these images, written as `labels.csv` beside them.
        progress: Told of each image.

    Raises:
        OutputError: The folder is there, or cannot be written.
        DatasetError: An image cannot be read, or none is left; all are named.
    """
    if output.exists():
        raise OutputError(f"{output}: is there already; choose another folder")
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
    """The images, in their parts; ids by part and file name."""
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
        raise DatasetError(f"none of {len(samples)} images has a side of {preparation.least} pixels; nothing made")
    return kept


def square(image: Image, side: int) -> Image:
    """The largest square in the middle, brought to a side by Pillow's bicubic filter.

    Args:
        image: uint8, (C, H, W).
        side: In pixels.

    Returns:
        uint8 RGB, (3, side, side).
    """
    height, width = image.shape[1:]
    edge = min(height, width)
    top, left = (height - edge) // 2, (width - edge) // 2
    cut = to_rgb(image)[:, top : top + edge, left : left + edge].transpose(1, 2, 0)
    resized = PillowImage.fromarray(np.ascontiguousarray(cut)).resize((side, side), PillowImage.Resampling.BICUBIC)
    return np.ascontiguousarray(np.asarray(resized).transpose(2, 0, 1))


def part_of(name: str, parts: Mapping[str, int] | None) -> str:
    """The part an image belongs to, by the hash of its name: whatever other images there are.

    Args:
        name: The image's id.
        parts: Percent by name, adding up to 100; None or empty for one part without a name.
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
