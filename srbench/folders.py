"""Finding image files by name: any folder of photographs, and the layout that super-resolution benchmarks come in."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

import platformdirs

from srbench.api import Listing, Sample
from srbench.errors import DatasetError
from srbench.images import IMAGE_SUFFIXES
from srbench.labels import LABEL_FILE, read_label_table, required_labels

__all__ = ["cache_home", "data_home", "image_files", "list_folder", "lr_files", "printable_name"]


def data_home() -> Path:
    """Where imported datasets lie: $SRBENCH_DATA, or the platform's cache folder."""
    chosen = os.environ.get("SRBENCH_DATA")
    return Path(chosen).expanduser() if chosen else platformdirs.user_cache_path("srbench") / "datasets"


def cache_home() -> Path:
    """Where files are kept that can be made again: $SRBENCH_CACHE, or the platform's cache folder."""
    chosen = os.environ.get("SRBENCH_CACHE")
    return Path(chosen).expanduser() if chosen else platformdirs.user_cache_path("srbench")


def list_folder(folder: Path) -> Listing:
    """List `HR/*` with `LR_bicubic/X{scale}/*`, or the images directly inside the folder; and `labels.csv`, if any.

    Raises:
        DatasetError: The folder is missing or holds no images, or two files share an id.
    """
    if not folder.is_dir():
        raise DatasetError(f"{folder}: no such folder")
    hr = folder / "HR"
    images = image_files(hr if hr.is_dir() else folder)
    if not images:
        raise DatasetError(f"{folder}: holds no images (looked for PNG, BMP, JPEG, WebP, TIFF, PPM, also in HR/)")
    lr = lr_files(folder / "LR_bicubic", images)
    samples = tuple(Sample(name, path, lr.get(name, {})) for name, path in images.items())
    table = folder / LABEL_FILE
    if not table.is_file():
        return Listing(samples)
    ids = [sample.id for sample in samples]
    return Listing(samples, (table,), lambda: required_labels(read_label_table(table), ids, table))


def image_files(folder: Path) -> dict[str, Path]:
    """Image files directly inside a folder, by stem, in name order; files of other kinds are not images and not listed.

    Raises:
        DatasetError: The folder cannot be listed, or two files have the same stem, so that an id would name both.
    """
    found: dict[str, Path] = {}
    try:
        paths = sorted(folder.iterdir())
    except OSError as error:
        raise DatasetError(f"{folder}: cannot be listed ({error.strerror})") from error
    for path in paths:
        if path.suffix.lower() not in IMAGE_SUFFIXES or path.name.startswith("."):
            continue
        if path.is_dir():
            continue
        if not path.is_file():
            raise DatasetError(f"{path}: a broken link, or no regular file; remove it")
        printable_name(path)
        if path.stem in found:
            raise DatasetError(
                f"{folder}: {found[path.stem].name} and {path.name} share the id {path.stem!r}; rename one"
            )
        found[path.stem] = path
    return found


def printable_name(path: Path) -> str:
    """The last part of a path, which tables and records must be able to hold.

    Raises:
        DatasetError: It has control characters, or bytes that are not UTF-8.
    """
    if not path.name.isprintable():
        raise DatasetError(f"{str(path)!r}: the name {path.name!r} cannot be printed; rename it")
    return path.name


def lr_files(root: Path, ids: Iterable[str]) -> dict[str, dict[int, Path]]:
    """Ready-made LR files below `root`, in folders `X2`, `X3`, …, named `baby.png` or `babyx2.png`.

    Returns:
        Image id to scale to file; ids without a file are left out.

    Raises:
        DatasetError: Two files are the same image at the same scale.
    """
    known = set(ids)
    found: dict[str, dict[int, Path]] = {}
    if not root.is_dir():
        return found
    for folder in sorted(root.iterdir()):
        match = re.fullmatch(r"[xX](\d+)", folder.name)
        if not folder.is_dir() or match is None:
            continue
        scale = int(match[1])
        for stem, path in image_files(folder).items():
            image_id = stem if stem in known else re.sub(rf"_?[xX]{scale}$", "", stem)
            if image_id not in known:
                continue
            files = found.setdefault(image_id, {})
            if scale in files:
                raise DatasetError(f"{folder}: {files[scale].name} and {path.name} are both {image_id!r}; leave one")
            files[scale] = path
    return found
