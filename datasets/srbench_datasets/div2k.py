"""DIV2K's validation images, 0801 to 0900, alone and with LSDIR's, in the layouts of the official archives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from srbench.api import Listing, Sample
from srbench.datasets import lr_files
from srbench.errors import DatasetError
from srbench.files import image_files

__all__ = ["read_validation", "read_with_lsdir"]

_DIV2K = [f"{number:04d}" for number in range(801, 901)]


def read_validation(folder: Path) -> Listing:
    """List `DIV2K_valid_HR/0801.png` … `0900.png` with `DIV2K_valid_LR_bicubic/X{scale}/0801x{scale}.png`.

    Raises:
        DatasetError: The HR folder or images of the range are missing.
    """
    hr = folder / "DIV2K_valid_HR"
    if not hr.is_dir():
        raise DatasetError(f"{folder}: no folder DIV2K_valid_HR; unpack DIV2K_valid_HR.zip there")
    images = _found(hr, _DIV2K)
    lr = lr_files(folder / "DIV2K_valid_LR_bicubic", _DIV2K)
    return Listing(tuple(Sample(name, images[name], lr.get(name, {})) for name in _DIV2K))


def read_with_lsdir(folder: Path) -> Listing:
    """List `DIV2K_LSDIR_valid_HR/0801.png` … `0900.png` and `000001.png` … `000100.png`, the latter of LSDIR.

    Ready-made LR files are `DIV2K_LSDIR_valid_LR/0801x4.png`, ….

    Raises:
        DatasetError: The HR folder or images of these names are missing.
    """
    hr, lr = folder / "DIV2K_LSDIR_valid_HR", folder / "DIV2K_LSDIR_valid_LR"
    if not hr.is_dir():
        raise DatasetError(f"{folder}: no folder DIV2K_LSDIR_valid_HR; unpack DIV2K_LSDIR_valid_HR.zip there")
    ids = [*_DIV2K, *(f"{number:06d}" for number in range(1, 101))]
    images = _found(hr, ids)
    given = image_files(lr) if lr.is_dir() else {}
    return Listing(
        tuple(Sample(name, images[name], {4: given[f"{name}x4"]} if f"{name}x4" in given else {}) for name in ids)
    )


def _found(folder: Path, ids: Sequence[str]) -> Mapping[str, Path]:
    """Return the images of a folder by id; raise DatasetError if one of `ids` is missing."""
    images = image_files(folder)
    missing = [name for name in ids if name not in images]
    if missing:
        raise DatasetError(f"{folder}: {len(missing)} of {len(ids)} images missing: {', '.join(missing[:8])} …")
    return images
