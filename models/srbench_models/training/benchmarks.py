"""Images nothing may be trained on, recognised by their pixels under whatever name they lie."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from srbench.errors import DatasetError
from srbench.images import Image, pixel_sha256

__all__ = ["benchmark_hashes", "refuse_benchmark"]


@lru_cache(maxsize=1)
def benchmark_hashes() -> dict[str, str]:
    """Name of each known benchmark image by its `pixel_sha256`; the dataset cards list the same ones."""
    words = (files(__package__) / "benchmarks.sha256").read_text(encoding="utf-8").split()
    return dict(zip(words[::2], words[1::2], strict=True))


def refuse_benchmark(image: Image, path: Path) -> None:
    """Stop where an image is one that upscalers are measured on.

    Args:
        image: uint8, (C, H, W), as decoded.
        path: Where it lies.

    Raises:
        DatasetError: It is a benchmark's.
    """
    name = benchmark_hashes().get(pixel_sha256(image))
    if name is not None:
        raise DatasetError(f"{path}: is {name}, a benchmark image; nothing may be trained on it. Remove it")
