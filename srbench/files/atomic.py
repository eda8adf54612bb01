"""Atomic writes, and detecting HTML saved in place of a file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from srbench.errors import StoreError

__all__ = ["atomic_write", "is_web_page", "looks_like_a_page", "write_whole"]


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
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


def write_whole(path: Path, text: str) -> None:
    """Write a text file so that it is there whole or not at all.

    Raises:
        StoreError: It cannot be written; an older file of the name is still there.
    """
    partial = path.with_name(f".{path.name}.part")
    try:
        with partial.open("w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise StoreError(f"{path}: cannot be written ({error.strerror or error})") from error
