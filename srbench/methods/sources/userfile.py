"""`./mine.py:upscale`: a function in a Python file, with the modules that file imports from its folder."""

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from srbench.errors import RequestError, suggest
from srbench.files import import_closure, place_sha256
from srbench.isolation import isolated
from srbench.methods.sources.function import FunctionMethod, function_method


def method_from_file(path: Path, attribute: str) -> FunctionMethod:
    """Make a method from a function in a Python file, with hashes of every file its results depend on.

    These are the file, the modules it may import that are not installed libraries, the files that their text names, and
    the paths in the function's attribute `files` (relative to its folder, for example weights).

    Raises:
        RequestError: The file or function does not exist, or the file cannot be imported.
    """
    if not path.is_file():
        raise RequestError(f"{path}: no such file; write your own method as ./file.py:function")
    folder = path.resolve().parent
    with _neighbours(folder) as imported:
        module = _execute(path)
    with isolated(RequestError, f"{path}: correct the file, reading {attribute!r} raised"):
        function = getattr(module, attribute, None)
        if not callable(function):
            offered = [item for item, value in vars(module).items() if callable(value) and not item.startswith("_")]
            raise RequestError(f"{path}: has no function {attribute!r}{suggest(attribute, offered)}")
        listed = _listed_files(function, folder, path)
    closure = import_closure(path.resolve())
    closure.files |= {*imported, *listed}
    source = {"function": attribute, **closure.describe(folder)}
    return function_method(f"{path.stem}:{attribute}", function, source, place_sha256(path))


@contextmanager
def _neighbours(folder: Path) -> Iterator[list[Path]]:
    """Make the folder importable, and unload its modules afterwards, so that two folders may each have a `network.py`.

    Yields:
        Files of all loaded modules from the folder, filled when the block ends.
    """
    files: list[Path] = []
    before = set(sys.modules)
    sys.path.insert(0, str(folder))
    try:
        yield files
    finally:
        sys.path.remove(str(folder))
        for name, module in list(sys.modules.items()):
            source = _source(module, folder)
            if source is not None:
                files.append(source)
                if name not in before:
                    del sys.modules[name]


def _source(module: ModuleType, folder: Path) -> Path | None:
    """Return a module's file if it is below the folder and not an installed package; else None."""
    named = getattr(module, "__file__", None)
    # torch.ops has the file name `_ops.py`, which does not exist.
    if not isinstance(named, str) or not Path(named).is_absolute():
        return None
    path, installed = _resolved(named)
    return path if not installed and path.is_relative_to(folder) and path.is_file() else None


@lru_cache(maxsize=2**14)
def _resolved(named: str) -> tuple[Path, bool]:
    """Return a module's resolved path, and whether it is an installed package; cached for thousands of modules."""
    path = Path(named).resolve()
    return path, path.is_relative_to(Path(sys.prefix).resolve()) or "site-packages" in path.parts


def _execute(path: Path) -> ModuleType:
    name = f"srbench_user_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise RequestError(f"{path}: Python cannot import this file; write ./file.py:function")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look up their module during execution
    with isolated(RequestError, f"{path}: correct the file, its import raised"):
        spec.loader.exec_module(module)
    return module


def _listed_files(function: Any, folder: Path, path: Path) -> list[Path]:
    names = getattr(function, "files", ())
    if not isinstance(names, list | tuple) or not all(isinstance(name, str | Path) for name in names):
        raise RequestError(f"{path}: its attribute files is {names!r:.60}, expected a list of paths")
    listed = [(folder / name).resolve() for name in names]
    for file in listed:
        if not file.is_file():
            raise RequestError(f"{path}: its attribute files lists {file.name}, which does not exist")
    return listed
