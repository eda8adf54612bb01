"""Benchmark images, which nothing may be trained on: recognised by pixel hash or by folder name.

Hashes are known for bundled, Set5, Set14, B100 and Urban100, whose cards list them; other benchmarks are recognised by
folder only, as is a B100 whose JPEG files another decoder has decoded.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from srbench.api import Image
from srbench.errors import DatasetError
from srbench.files import pixel_sha256

__all__ = ["benchmark_hashes", "is_benchmark_folder", "refuse_benchmark", "refuse_benchmark_folder"]

_FOLDERS = {
    *("set5", "set14", "b100", "bsd100", "bsds100", "urban100", "manga109"),
    *("div2k_valid_hr", "div2k_valid_lr_bicubic", "div2k_lsdir_valid_hr", "div2k_lsdir_valid_lr"),
    "img_align_celeba",
}


@lru_cache(maxsize=1)
def benchmark_hashes() -> dict[str, str]:
    """Names of benchmark images by `pixel_sha256`; the dataset cards list the same hashes."""
    words = (files(__package__) / "benchmarks.sha256").read_text(encoding="utf-8").split()
    return dict(zip(words[::2], words[1::2], strict=True))


def is_benchmark_folder(folder: Path) -> bool:
    """Whether a part of a path is a benchmark's usual name."""
    return any(part.lower() in _FOLDERS for part in folder.parts)


def refuse_benchmark_folder(folder: Path) -> None:
    """Refuse a folder whose path, with links resolved, contains a benchmark's name.

    Raises:
        DatasetError: The path contains a benchmark's name.
    """
    if is_benchmark_folder(folder.resolve()):
        raise DatasetError(f"{folder.resolve()}: is a benchmark by its name; nothing may be trained on it")


def refuse_benchmark(image: Image, path: Path) -> None:
    """Refuse a benchmark image: uint8, (C, H, W), as decoded from `path`.

    Raises:
        DatasetError: The image is a benchmark image.
    """
    name = benchmark_hashes().get(pixel_sha256(image))
    if name is not None:
        raise DatasetError(f"{path}: is {name}, a benchmark image; nothing may be trained on it. Remove it")
