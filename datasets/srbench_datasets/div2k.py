"""DIV2K's validation images, 0801 to 0900, in the layout of the official archives."""

from __future__ import annotations

from pathlib import Path

from srbench.api import Listing, Sample
from srbench.datasets import lr_files
from srbench.errors import DatasetError
from srbench.files import image_files

__all__ = ["read_validation"]

_FIRST, _LAST = 801, 900


def read_validation(folder: Path) -> Listing:
    """List `DIV2K_valid_HR/0801.png` … `0900.png` with `DIV2K_valid_LR_bicubic/X{scale}/0801x{scale}.png`.

    Raises:
        DatasetError: The HR folder or images of the range are missing.
    """
    hr = folder / "DIV2K_valid_HR"
    if not hr.is_dir():
        raise DatasetError(f"{folder}: no folder DIV2K_valid_HR; unpack DIV2K_valid_HR.zip there")
    images = image_files(hr)
    ids = [f"{number:04d}" for number in range(_FIRST, _LAST + 1)]
    missing = [name for name in ids if name not in images]
    if missing:
        raise DatasetError(f"{hr}: {len(missing)} of {len(ids)} images missing: {', '.join(missing[:8])} …")
    lr = lr_files(folder / "DIV2K_valid_LR_bicubic", ids)
    return Listing(tuple(Sample(name, images[name], lr.get(name, {})) for name in ids))
