"""CelebA's aligned faces, test partition, in the layout of the official archives."""

from __future__ import annotations

from pathlib import Path

from srbench.api import Listing, Sample
from srbench.errors import DatasetError

__all__ = ["read_test"]

_PARTITIONS = "list_eval_partition.txt"
_ATTRIBUTES = "list_attr_celeba.txt"
_TEST = "2"


def read_test(folder: Path) -> Listing:
    """List the images that `list_eval_partition.txt` assigns to partition 2.

    `list_attr_celeba.txt`, where present, belongs to the dataset.

    Raises:
        DatasetError: The partition file is missing or malformed, or a listed image is not in `img_align_celeba/`.
    """
    partitions = folder / _PARTITIONS
    images = folder / "img_align_celeba"
    if not partitions.is_file() or not images.is_dir():
        raise DatasetError(f"{folder}: needs {_PARTITIONS} and the folder img_align_celeba")
    names = _test_names(partitions)
    present = {path.name for path in images.iterdir()}
    missing = [name for name in names if name not in present]
    if missing:
        raise DatasetError(f"{images}: {len(missing)} of {len(names)} test images missing: {', '.join(missing[:5])} …")
    attributes = folder / _ATTRIBUTES
    companions = (partitions, attributes) if attributes.is_file() else (partitions,)
    return Listing(tuple(Sample(Path(name).stem, images / name) for name in names), companions)


def _test_names(partitions: Path) -> list[str]:
    names: list[str] = []
    seen: set[str] = set()
    for number, line in enumerate(partitions.read_text(encoding="utf-8").splitlines(), start=1):
        fields = line.split()
        if not fields:
            continue
        if len(fields) != 2 or fields[1] not in {"0", "1", "2"}:
            raise DatasetError(f"{partitions}, line {number}: expected 'NAME.jpg 0|1|2', got {line[:60]!r}")
        if fields[0] in seen:
            raise DatasetError(f"{partitions}, line {number}: {fields[0]} is listed twice")
        seen.add(fields[0])
        if fields[1] == _TEST:
            names.append(fields[0])
    if not names:
        raise DatasetError(f"{partitions}: assigns no image to the test partition (2)")
    return names
