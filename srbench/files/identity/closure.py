"""Source files that a module may import, at its head or inside its functions, and other files that its text names.

The files are found by reading the source, because what code depends on must be known before any of it runs. What only
shows while code runs is found by `opened_files`.
"""

import ast
import os
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib.metadata import packages_distributions
from pathlib import Path

from srbench.files.identity.fingerprint import LIBRARIES, combine, file_identity, installed_version

_LONGEST_NAME = 255
_OWN = "srbench"
"""The engine, whose own code is hashed by `numbers_code`."""


@dataclass
class Closure:
    """What a module may depend on.

    Attributes:
        files: Source files, and other files that their text names.
        modules: Top-level names of imported modules that are installed libraries.
        variables: Environment variables read by a literal name.
        other_variables: Whether environment variables are read in a way that does not show their names.
    """

    files: set[Path] = field(default_factory=set)
    modules: set[str] = field(default_factory=set)
    variables: set[str] = field(default_factory=set)
    other_variables: bool = False

    def describe(self, root: Path) -> Mapping[str, str]:
        """Return hashes by name: of each file (by its path relative to `root`), of libraries, and of variables."""
        found = {os.path.relpath(path, root): file_identity(path) for path in sorted(self.files)}
        found |= {f"library {name}": version for name, version in self._libraries().items()}
        values = {name: os.environ.get(name) for name in sorted(self.variables)}
        found |= {f"variable {name}": combine(value=value)[:12] for name, value in values.items()}
        return found | ({"variables": "others"} if self.other_variables else {})

    def _libraries(self) -> dict[str, str]:
        known = _distributions() if self.modules else {}
        names = {name for module in self.modules for name in known.get(module, ())} - set(LIBRARIES) - {_OWN}
        return {name: installed_version(name) for name in sorted(names)}


@lru_cache(maxsize=1)
def _distributions() -> Mapping[str, list[str]]:
    return packages_distributions()


def import_closure(source: Path, package: Path | None = None) -> Closure:
    """Collect what a source file may depend on.

    Imports are looked up beside the file, and in the folders of `sys.path` that hold no installed libraries.

    Args:
        source: A Python file.
        package: Folder of the top-level package that the file belongs to, which is source code even where it is
            installed as a library; None for a file of its own.
    """
    closure = Closure()
    beside = {} if package is None else {package.name: package.parent}
    folders = [*([source.parent] if package is None else []), *_source_folders()]
    waiting = [source, *(_packages_of(source, package) if package else ())]
    while waiting:
        path = waiting.pop().resolve()
        if path in closure.files:
            continue
        closure.files.add(path)
        try:
            tree = ast.parse(path.read_bytes())
        except (OSError, SyntaxError, ValueError, RecursionError):
            continue  # importing it will fail, and say so
        for name in _imported(tree, path):
            top = name.partition(".")[0]
            found = _modules(name, [beside[top]] if top in beside else folders)
            waiting += found
            if not found and top not in sys.stdlib_module_names:
                closure.modules.add(top)
        closure.files.update(_named_files(tree, path))
        _read_variables(tree, closure)
    return closure


def _packages_of(source: Path, package: Path) -> Iterator[Path]:
    """The `__init__.py` of each package that a module lies in, which an import runs first."""
    for folder in source.parents:
        if (folder / "__init__.py").is_file():
            yield folder / "__init__.py"
        if folder == package:
            return


def _source_folders() -> list[Path]:
    """Folders of `sys.path` that hold the user's own modules: neither installed libraries nor Python's."""
    return [Path(entry or ".").resolve() for entry in sys.path if not is_library(Path(entry or ".").resolve())]


@lru_cache(maxsize=2**14)
def is_library(path: Path) -> bool:
    """Return whether a resolved path belongs to Python or to installed libraries, whose versions identify them."""
    if "site-packages" in path.parts or "dist-packages" in path.parts or path.suffix == ".zip":
        return True
    homes = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")} | {sys.prefix}
    return any(path.is_relative_to(Path(home).resolve()) for home in homes if home)


def _imported(tree: ast.Module, path: Path) -> Iterator[str]:
    """Absolute names of the modules that a file imports anywhere, and of names imported from them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = ".".join(filter(None, [_package(path, node.level), base]))
            yield from (f"{base}.{alias.name}" if base else alias.name for alias in node.names)
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in ("import_module", "__import__") and isinstance(node.args[0].value, str):
                yield node.args[0].value


def _package(path: Path, level: int) -> str:
    """Name of the package that a relative import of a file starts from."""
    folder = path.parent
    for _ in range(level - 1):
        folder = folder.parent
    parts: list[str] = []
    while (folder / "__init__.py").is_file():
        parts.insert(0, folder.name)
        folder = folder.parent
    return ".".join(parts)


def _modules(name: str, folders: list[Path]) -> list[Path]:
    """Source files that importing a module runs: of its packages, and its own; empty if it lies in none of the folders.

    The last part of a name may be an attribute of a module, which has no file.
    """
    parts = name.split(".")
    if parts[0] == _OWN:
        return []
    for folder in folders:
        found: list[Path] = []
        place = folder
        for part in parts:
            package, module = place / part / "__init__.py", place / f"{part}.py"
            found += [path for path in (package, module) if path.is_file()][:1]
            place = place / part
        if found:
            return found
    return []


def _named_files(tree: ast.Module, path: Path) -> Iterator[Path]:
    """Files beside a source file, or in the working directory, whose relative path is a text in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "." in node.value:
            text = node.value
            if len(text) > _LONGEST_NAME or not text.isprintable():
                continue
            for folder in (path.parent, Path.cwd()):
                named = folder / text
                if named.suffix != ".toml" and named.is_file():
                    yield named.resolve()
                    break


def _read_variables(tree: ast.Module, closure: Closure) -> None:
    """Note the environment variables that a module reads through `os.environ` or `os.getenv`."""
    literal = 0
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and _is_environ(node.value):
            argument: ast.expr | None = node.slice
        elif isinstance(node, ast.Call) and _reads_variable(node.func):
            argument = node.args[0] if node.args else None
        else:
            continue
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            closure.variables.add(argument.value)
            literal += 1
    mentions = sum(_is_environ(node) or _is_getenv(node) for node in ast.walk(tree) if isinstance(node, ast.expr))
    closure.other_variables |= mentions > literal


def _is_environ(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute | ast.Name) and _last(node) == "environ"


def _is_getenv(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute | ast.Name) and _last(node) == "getenv"


def _last(node: ast.Attribute | ast.Name) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id


def _reads_variable(function: ast.expr) -> bool:
    of_environ = isinstance(function, ast.Attribute) and function.attr == "get" and _is_environ(function.value)
    return of_environ or _is_getenv(function)


def module_sha256(module: str) -> str:
    """Return the hash of an importable module and of all it may depend on, without importing it.

    Source files are hashed once per process, because Python imports a module once, too; data files and environment
    variables in each call. A module that is not found has a hash, too: importing it will fail, and say so.
    """
    known = _module_closure(module)
    if known is None:
        return combine(missing=module)
    code, others, folder = known
    return combine(code=code, others=others.describe(folder))


@lru_cache(maxsize=64)
def _module_closure(module: str) -> tuple[str, Closure, Path] | None:
    """Hash of all source files, everything else that a module may depend on, and the folder that paths start from."""
    source = module_source(module)
    if source is None:
        return None
    package = source.parents[module.count(".") - (source.name != "__init__.py")]
    packaged = (package / "__init__.py").is_file()
    folder = package if packaged else source.parent
    whole = import_closure(source, package if packaged else None)
    code = {path for path in whole.files if path.suffix == ".py"}
    return combine(**Closure(code).describe(folder)), replace(whole, files=whole.files - code), folder


def module_source(module: str) -> Path | None:
    """Return the resolved source file of an importable module, found without importing it; None if there is none."""
    top, *inner = module.split(".")
    # Not importlib.util.find_spec, which returns what is loaded, wherever it came from.
    specs = (finder.find_spec(top, None) for finder in sys.meta_path if hasattr(finder, "find_spec"))
    spec = next((spec for spec in specs if spec is not None), None)
    if spec is None or not spec.origin or spec.origin in ("built-in", "frozen"):
        return None
    if not spec.submodule_search_locations:
        return None if inner else Path(spec.origin).resolve()
    place = Path(spec.submodule_search_locations[0]).joinpath(*inner)
    source = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    return source.resolve() if source.is_file() else None
