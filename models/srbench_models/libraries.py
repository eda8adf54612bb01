"""Importing an optional library that may be missing or broken."""

from __future__ import annotations

import importlib
from typing import Any

from srbench.errors import RuntimeMissingError, one_line

__all__ = ["loaded"]


def loaded(module: str, library: str, install: str = "") -> Any:
    """Import a module of an optional library.

    Args:
        module: Name of the module.
        library: Name of the library, for the message.
        install: How to install it; by default as srbench's extra of the library's name.

    Raises:
        RuntimeMissingError: The module is not installed, or importing it fails.
    """
    try:
        return importlib.import_module(module)
    except Exception as error:  # RuntimeError from a torchvision built for another torch, and whatever else
        how = install or f"pip install 'srbench[{library}]'"
        raise RuntimeMissingError(
            f"{library} cannot be loaded ({one_line(error)}); install a version that fits the installed torch: {how}"
        ) from error
