"""Importing an optional library that may be missing or broken."""

from __future__ import annotations

import importlib
from typing import Any

from srbench.errors import RuntimeMissingError, one_line

__all__ = ["loaded"]


def loaded(module: str, extra: str) -> Any:
    """Import a module of an optional extra.

    Raises:
        RuntimeMissingError: The module is not installed, or importing it fails.
    """
    try:
        return importlib.import_module(module)
    except (
        ImportError,
        RuntimeError,
        OSError,
        AttributeError,
    ) as error:  # RuntimeError: a torchvision built for another torch
        raise RuntimeMissingError(
            f"{extra} cannot be loaded ({one_line(error)}); install a version that fits the installed torch: "
            f"pip install 'srbench[{extra}]'"
        ) from error
