"""Files that are there whole or not at all, and files that are not what they should be."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["is_web_page", "looks_like_a_page", "whole_file"]


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Let a file be written under another name, and give it its own when the block ends without an error.

    Args:
        path: The file; its folder is made where it is not there.

    Yields:
        Where to write; after an error nothing is left there, and an older file at `path` is still what it was.

    Raises:
        OSError: The folder or the file cannot be written.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        partial.replace(path)
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def is_web_page(path: Path) -> bool:
    """Whether a file begins as a page does, which is what quota and consent notices are."""
    with path.open("rb") as file:
        return looks_like_a_page(file.read(512))


def looks_like_a_page(start: bytes) -> bool:
    """Whether bytes begin as a page does."""
    return start.lstrip().lower().startswith((b"<!doctype", b"<html"))
