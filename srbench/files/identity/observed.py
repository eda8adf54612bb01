"""Files that third-party code opens or imports while it runs, seen through Python's audit events.

Files that compiled libraries open by themselves are not seen; `import_closure` finds those whose name is in the source.
"""

import os
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from srbench.files.identity.closure import is_library
from srbench.files.identity.fingerprint import file_identity

_OWN_THREADS = "srbench-"
_PSEUDO = ("/proc/", "/dev/", "/sys/")
_LOCK = threading.Lock()
_watching: list["_Seen"] = []


class _Seen:
    def __init__(self) -> None:
        self.read: dict[str, None] = {}
        self.written: set[str] = set()


@contextmanager
def opened_files() -> Iterator[dict[str, str]]:
    """Record the files that code in the `with` block reads, in any of its threads.

    Installed libraries, files that the block itself wrote, and files that are gone afterwards are left out.

    Yields:
        A mapping that the end of the block fills: sha256 of each file by its absolute path, `~` for the home folder.
    """
    _install()
    seen, found, loaded = _Seen(), dict[str, str](), set(sys.modules)
    with _LOCK:
        _watching.append(seen)
    try:
        yield found
    finally:
        with _LOCK:
            _watching.remove(seen)
        for name in set(sys.modules) - loaded:
            source = getattr(sys.modules.get(name), "__file__", None)
            if isinstance(source, str):
                seen.read[source] = None
        for path in seen.read:
            if path not in seen.written and (known := _identified(path)) is not None:
                found[known] = file_identity(Path(known).expanduser())


def changed_files(before: Mapping[str, str]) -> dict[str, str]:
    """Return the present hashes of files recorded by `opened_files`."""
    return {name: file_identity(Path(name).expanduser()) for name in before}


@lru_cache(maxsize=2**14)
def _identified(path: str) -> str | None:
    """The path under which a file is recorded; None for libraries and what is no regular file."""
    try:
        resolved = Path(path).resolve()
        if not resolved.is_file() or resolved.suffix == ".pyc" or is_library(resolved):
            return None
        if resolved.is_relative_to(_ENGINE):
            return None
    except (OSError, ValueError):
        return None
    with suppress(RuntimeError, ValueError):  # no home folder, or a file elsewhere
        return f"~/{resolved.relative_to(Path.home())}"
    return str(resolved)


_ENGINE = Path(__file__).resolve().parents[2]
"""srbench's own folder, whose code is hashed by `numbers_code`."""


@lru_cache(maxsize=1)
def _install() -> None:
    """Install the audit hook, which cannot be removed and does nothing while no block is watched."""
    sys.addaudithook(_hook)


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if not _watching or event not in ("open", "import", "ctypes.dlopen"):
        return
    if threading.current_thread().name.startswith(_OWN_THREADS):
        return
    name = arguments[1] if event == "import" else arguments[0]
    if not isinstance(name, str | bytes) or not name:
        return
    path = str(Path(os.fsdecode(name)).absolute())
    if path.startswith(_PSEUDO):
        return
    flags = arguments[2] if event == "open" and isinstance(arguments[2], int) else 0
    for seen in list(_watching):
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            seen.written.add(path)
        else:
            seen.read[path] = None
