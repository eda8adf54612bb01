"""CelebA's aligned faces and their attributes, by official partition, in the layout of the official archives."""

from __future__ import annotations

from pathlib import Path

from srbench.api import Labels, Listing, Sample
from srbench.datasets import read_attributes
from srbench.errors import DatasetError, NotImportedError

__all__ = ["read_partition"]

_PARTITIONS = "list_eval_partition.txt"
_ATTRIBUTES = "list_attr_celeba.txt"
_NUMBERS = {"train": "0", "valid": "1", "test": "2"}


def read_partition(folder: Path, split: str) -> Listing:
    """List the images that `list_eval_partition.txt` assigns to a partition, with their attributes.

    The optional `list_attr_celeba.txt` must list exactly the images of the partition file.

    Args:
        folder: Folder with both files and `img_align_celeba/`.
        split: `train`, `valid` or `test`.

    Raises:
        NotImportedError: All images of the partition are missing.
        DatasetError: A file is missing or malformed, or some images are missing; when the labels are read, also if
            the two files list different images.
    """
    partitions, images = folder / _PARTITIONS, folder / "img_align_celeba"
    if not partitions.is_file() or not images.is_dir():
        raise DatasetError(f"{folder}: needs {_PARTITIONS} and the folder img_align_celeba")
    assigned = _assigned(partitions)
    names = [name for name, number in assigned.items() if number == _NUMBERS[split]]
    if not names:
        raise NotImportedError(f"{partitions}: assigns no image to the {split} partition ({_NUMBERS[split]})")
    present = {path.name for path in images.iterdir()}
    missing = [name for name in names if name not in present]
    if missing:
        error = NotImportedError if len(missing) == len(names) else DatasetError
        raise error(f"{images}: {len(missing)} of {len(names)} {split} images missing: {', '.join(missing[:5])} …")
    samples = tuple(Sample(Path(name).stem, images / name) for name in names)
    attributes = folder / _ATTRIBUTES
    if not attributes.is_file():
        return Listing(samples, (partitions,))
    return Listing(samples, (partitions, attributes), lambda: _labels(attributes, partitions, assigned, samples))


def _labels(attributes: Path, partitions: Path, assigned: dict[str, str], samples: tuple[Sample, ...]) -> Labels:
    labels = read_attributes(attributes)
    known = {Path(name).stem for name in assigned}
    lacking, unknown = sorted(known - labels.values.keys()), sorted(labels.values.keys() - known)
    if lacking or unknown:
        raise DatasetError(
            f"{attributes}: {len(labels.values)} rows, {partitions.name} has {len(known)}: {len(lacking)} images "
            f"without a row{_first(lacking)}, {len(unknown)} rows of other images{_first(unknown)}"
        )
    return Labels(labels.task, labels.classes, {sample.id: labels.values[sample.id] for sample in samples})


def _first(names: list[str]) -> str:
    return f" ({', '.join(names[:3])} …)" if names else ""


def _assigned(partitions: Path) -> dict[str, str]:
    assigned: dict[str, str] = {}
    try:
        lines = partitions.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{partitions}: cannot be read ({error})") from error
    for number, line in enumerate(lines, start=1):
        fields = line.split()
        if not fields:
            continue
        if len(fields) != 2 or fields[1] not in _NUMBERS.values():
            raise DatasetError(f"{partitions}, line {number}: expected 'NAME.jpg 0|1|2', got {line[:60]!r}")
        if fields[0] in assigned:
            raise DatasetError(f"{partitions}, line {number}: {fields[0]} is listed twice")
        assigned[fields[0]] = fields[1]
    return assigned
