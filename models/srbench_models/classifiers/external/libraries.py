"""Loading a library that may be absent, or broken."""

from __future__ import annotations

import importlib
from typing import Any

from srbench.errors import RuntimeMissingError, one_line

__all__ = ["loaded"]


def loaded(module: str, extra: str) -> Any:
    """A module of an optional extra.

    Raises:
        RuntimeMissingError: It is not installed, or does not load.
    """
    try:
        return importlib.import_module(module)
    except (
        ImportError,
        RuntimeError,
        OSError,
        AttributeError,
    ) as error:  # a torchvision that does not fit torch raises RuntimeError
        raise RuntimeMissingError(
            f"{extra} cannot be loaded ({one_line(error)}); pip install 'srbench[{extra}]' brings it; it must fit the "
            "installed torch"
        ) from error
