"""The usual layout of super-resolution benchmarks: HR images beside folders of LR images."""

import re
from collections.abc import Iterable
from pathlib import Path

from srbench.api import Listing, Sample
from srbench.datasets.labels import LABEL_FILE, read_label_table, required_labels
from srbench.errors import DatasetError
from srbench.files import image_files, passed_over, reading_folder


def list_folder(folder: Path) -> Listing:
    """List HR images in `HR/`, or without `HR/` in the folder itself, LR in `LR_bicubic/X{scale}/`, and `labels.csv`.

    Raises:
        DatasetError: The folder is missing, holds no images or cannot be read, or two files share an id.
    """
    with reading_folder(folder):
        return _listed(folder)


def _listed(folder: Path) -> Listing:
    if not folder.is_dir():
        raise DatasetError(
            f"{folder}: {'is a file, expected a folder' if folder.exists() else 'no such folder'}; check the path"
        )
    hr = folder / "HR" if (folder / "HR").is_dir() else folder
    images, others = image_files(hr), passed_over(hr)
    if not images:
        hint = f"; {', '.join(others[:3])}{' …' if len(others) > 3 else ''}: convert to PNG first" if others else ""
        raise DatasetError(f"{folder}: holds no images (looked for PNG, BMP, JPEG, WebP, TIFF, PPM, also in HR/){hint}")
    lr = lr_files(folder / "LR_bicubic", images)
    samples = tuple(Sample(name, path, lr.get(name, {})) for name, path in images.items())
    table = folder / LABEL_FILE
    if not table.is_file():
        if table.is_symlink() or table.exists():
            raise DatasetError(f"{table}: is a broken link or not a regular file; remove it from the folder")
        return Listing(samples, passed_over=others)
    ids = [sample.id for sample in samples]
    return Listing(samples, (table,), lambda: required_labels(read_label_table(table), ids, table), others)


def lr_files(root: Path, ids: Iterable[str]) -> dict[str, dict[int, Path]]:
    """Find ready-made LR files below `root`, in folders `X2`, `X3`, …, named `baby.png` or `babyx2.png`.

    Returns:
        Paths by image id and scale; ids without an LR file are left out.

    Raises:
        DatasetError: Two files have the same image id and scale.
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
                raise DatasetError(f"{folder}: {files[scale].name} and {path.name} are both {image_id!r}; remove one")
            files[scale] = path
    return found
