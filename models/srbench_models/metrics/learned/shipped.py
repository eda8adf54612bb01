"""Small weight files that are shipped beside the code."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from srbench.errors import WeightsError
from srbench.files import file_sha256, read_tensors

__all__ = ["shipped_tensors"]


def shipped_tensors(name: str, sha256: str) -> Mapping[str, Tensor]:
    """Read a weight file in this folder.

    Raises:
        WeightsError: The file is absent or is not the one that was shipped.
    """
    path = Path(__file__).with_name(name)
    if not path.is_file() or file_sha256(path) != sha256:
        raise WeightsError(f"{path}: absent or altered; reinstall srbench")
    return read_tensors(path)
