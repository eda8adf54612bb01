"""`./mine.py:upscale`: a function in a Python file, with the modules that file imports from its folder."""

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

from srbench.errors import RequestError, suggest
from srbench.files import import_closure, is_library, opened_files, place_sha256, recorded_file
from srbench.isolation import exact, isolated
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
    neighbours = _Neighbours(folder)
    with neighbours.importable(), opened_files() as read:
        module = _execute(path)
    with isolated(RequestError, f"{path}: correct the file, reading {attribute!r} raised"):
        function = getattr(module, attribute, None)
        if not callable(function):
            offered = [item for item, value in vars(module).items() if callable(value) and not item.startswith("_")]
            raise RequestError(f"{path}: has no function {attribute!r}{suggest(attribute, offered)}")
        listed = _listed_files(function, folder, path)
    closure = import_closure(path.resolve())
    closure.files |= {*map(recorded_file, read), *listed}
    source = {"function": attribute, **closure.describe(folder)}
    method = function_method(f"{path.stem}:{attribute}", function, source, place_sha256(path))
    return replace(method, around=neighbours.importable)


class _Neighbours:
    """Modules of a folder, which only its own method sees, so that two folders may each have a `network.py`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._modules: dict[str, ModuleType] = {}

    @contextmanager
    def importable(self) -> Iterator[None]:
        """Make the folder importable inside the block, and put its modules aside afterwards."""
        before = set(sys.modules)
        others = {name: sys.modules[name] for name in self._modules if name in sys.modules}
        sys.modules.update(self._modules)
        sys.path.insert(0, str(self._folder))
        try:
            yield
        finally:
            with suppress(ValueError):  # the method may have changed the path
                sys.path.remove(str(self._folder))
            new = {name for name in set(sys.modules) - before if _is_in(sys.modules[name], self._folder)}
            for name in new | set(self._modules):
                if name in sys.modules:
                    self._modules[name] = sys.modules.pop(name)
            sys.modules.update(others)


def _is_in(module: ModuleType, folder: Path) -> bool:
    """Whether a module's file is below the folder and not an installed library."""
    named = getattr(module, "__file__", None)
    # torch.ops has the file name `_ops.py`, which does not exist.
    if not isinstance(named, str) or not Path(named).is_absolute():
        return False
    path = Path(named).resolve()
    return path.is_relative_to(folder) and path.is_file() and not is_library(path)


def _execute(path: Path) -> ModuleType:
    name = f"srbench_user_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise RequestError(f"{path}: Python cannot import this file; write ./file.py:function")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look up their module during execution
    # A network may be built now; before torch is imported, nobody can have changed its defaults.
    defaults = exact() if "torch" in sys.modules else nullcontext()
    with defaults, isolated(RequestError, f"{path}: correct the file, its import raised"):
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
