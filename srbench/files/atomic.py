"""Atomic writes, and detecting pages, text and other files in place of the file that was meant."""

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


_SAMPLE = 4096
_OTHER_KINDS = {b"\x89PNG": "a PNG image", b"\xff\xd8\xff": "a JPEG image", b"%PDF": "a PDF document"}
"""What a file is, by its first bytes."""


def unlike_weights(path: Path) -> str:
    """Return what a file is instead of a weight file, by its first bytes; empty if it may be one, or cannot be read."""
    try:
        with path.open("rb") as file:
            start = file.read(_SAMPLE)
    except OSError:
        return ""
    if not start:
        return "empty"
    if looks_like_a_page(start):
        return "a web page"
    kinds = [kind for magic, kind in _OTHER_KINDS.items() if start.startswith(magic)]
    return kinds[0] if kinds else "text" if _is_text(start) else ""


def _is_text(start: bytes) -> bool:
    """Whether bytes are UTF-8 without the control characters that headers of weight files have."""
    text = start.decode(errors="replace").rstrip("\ufffd")  # the last character may be cut
    return "\ufffd" not in text and not any(ord(letter) < 32 and letter not in "\t\n\r\f" for letter in text)
