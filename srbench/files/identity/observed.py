"""Files that third-party code opens or imports while it runs, seen through Python's audit events.

Files that compiled libraries open by themselves are not seen; `import_closure` finds those whose name is in the source.
"""

import os
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from importlib.util import source_from_cache
from pathlib import Path
from typing import Any

from srbench.files.identity.closure import is_library, module_source
from srbench.files.identity.fingerprint import file_identity

_OWN_THREADS = "srbench-"
_MODULE = "module:"
_PSEUDO = ("/proc/", "/dev/", "/sys/")
_LOCK = threading.Lock()
_watching: list[dict[str, None]] = []


_written: set[str] = set()
"""Files that third-party code has written in this process: its own output, even where a later call reads it."""


@contextmanager
def opened_files() -> Iterator[dict[str, str]]:
    """Record the files that code in the `with` block reads, in any of its threads.

    Installed libraries, files that the block itself wrote, and files that are gone afterwards are left out.

    Yields:
        A mapping that the end of the block fills: sha256 of each file by its name, see `_named`.
    """
    _install()
    seen, found, loaded = dict[str, None](), dict[str, str](), set(sys.modules)
    with _LOCK:
        _watching.append(seen)
    try:
        yield found
    finally:
        with _LOCK:
            _watching.remove(seen)
        modules = {getattr(sys.modules.get(name), "__file__", None): name for name in set(sys.modules) - loaded}
        for path in [*seen, *(path for path in modules if isinstance(path, str))]:
            if path not in _written and (file := _own_file(path)) is not None:
                found[_named(file, modules.get(path, ""))] = _sha256(file)


def present_hashes(names: Iterable[str]) -> dict[str, str]:
    """Return the present hashes of files that `opened_files` recorded, by their names."""
    return {name: file_identity(recorded_file(name)) for name in names}


def _own_file(path: str) -> Path | None:
    """The resolved path of a file; None for libraries, srbench's own code, and what is no regular file."""
    if "site-packages" in path:  # most of them, and looking them up takes time
        return None
    try:
        resolved = Path(source_from_cache(path) if path.endswith(".pyc") else path).resolve()
        own = resolved.is_file() and not is_library(resolved) and not resolved.is_relative_to(_ENGINE)
    except (OSError, ValueError):
        return None
    return resolved if own else None


def _named(file: Path, module: str) -> str:
    """Name of a file in `run.json`: `module:NAME` if it can be found by that, wherever it is, else its path.

    In a path, `~` stands for the home folder.
    """
    if module and module_source(module) == file:
        return f"{_MODULE}{module}"
    with suppress(RuntimeError, ValueError):  # no home folder, or a file elsewhere
        return f"~/{file.relative_to(Path.home())}"
    return str(file)


def recorded_file(name: str) -> Path:
    """Return the path of a file that `opened_files` recorded under a name; it may be gone."""
    if name.startswith(_MODULE):
        return module_source(name.removeprefix(_MODULE)) or Path(name)
    return Path(name).expanduser()


def _sha256(file: Path) -> str:
    """The hash of a file, computed again only if it has changed: a method may read it in each of many calls."""
    state = file.stat()
    return _sha256_of_state(file, state.st_size, state.st_mtime_ns, state.st_ino)


@lru_cache(maxsize=2**10)
def _sha256_of_state(file: Path, *_: int) -> str:
    return file_identity(file)


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
    anew = flags & (os.O_WRONLY | os.O_TRUNC) or (flags & os.O_CREAT and not Path(path).exists())
    if anew:
        _written.add(path)
    else:
        for seen in list(_watching):
            seen[path] = None
