"""Atomic writes, and detecting HTML saved in place of a file."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from srbench.errors import SRBenchError


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Write a file under a temporary name, then sync and rename it.

    Args:
        path: The final path; its folder is created if it does not exist.

    Yields:
        The temporary path to write to. After an error it is removed, and an older file at `path` is unchanged.

    Raises:
        OSError: The folder or the file cannot be written.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def write_text(path: Path, text: str, error: type[SRBenchError]) -> None:
    """Write a UTF-8 text file atomically, with unchanged line endings.

    Raises:
        SRBenchError: The file cannot be written; an exception of the type given as `error`.
    """
    try:
        with atomic_write(path) as partial:
            partial.write_text(text, encoding="utf-8", newline="")
    except (OSError, UnicodeEncodeError) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise error(f"{path}: cannot be written ({reason})") from problem


def is_web_page(path: Path) -> bool:
    """Return whether a file begins like an HTML page, as quota and consent notices of download sites do."""
    with path.open("rb") as file:
        return looks_like_a_page(file.read(512))


def looks_like_a_page(start: bytes) -> bool:
    """Return whether bytes begin like an HTML page."""
    return start.lstrip().lower().startswith((b"<!doctype", b"<html"))
