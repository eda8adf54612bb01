"""Plan files: everything that `srbench run` can be told, as TOML, or as the `run.json` of an earlier run."""

import json
import os
import tomllib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, get_type_hints

from srbench.errors import RequestError, suggest
from srbench.files import expanded, is_folder_spec
from srbench.harness.options import DEFAULTS, RunOptions
from srbench.runs import read_run

__all__ = ["asked_options", "plan_text", "read_plan"]

_KEYS = ("methods", *(name for name in get_type_hints(RunOptions) if name != "progress"))
"""Keys of a plan file: the arguments of `srbench.run`, but for `progress`, which is a function."""

_FILES = ("weights", "classifier_weights", "metric_weights")


def read_plan(file: Path | str) -> dict[str, Any]:
    """Read a plan file.

    Args:
        file: TOML with the arguments of `srbench.run` as keys, or the `run.json` of a run. Paths are relative to the
            file.

    Returns:
        Arguments for `srbench.run`; those that the file lacks are left to their defaults.

    Raises:
        RequestError: The file cannot be read, or has a key that `srbench.run` lacks.

    Example:
        >>> import srbench
        >>> srbench.run(**srbench.read_plan("plan.toml"))  # doctest: +SKIP
    """
    path = expanded(file)
    options = _of_run(path) if path.suffix == ".json" else _of_toml(path)
    for name in options:
        if name not in _KEYS:
            raise RequestError(f"{path}: no key {name!r}{suggest(name, _KEYS)}; there are {', '.join(sorted(_KEYS))}")
    folder = path.absolute().parent
    return relocated(options, lambda text: text if text.startswith("~") else os.path.normpath(folder / text))


def _of_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RequestError(f"{path}: cannot be read as a plan ({error.strerror}); name a .toml file") from error
    except (ValueError, RecursionError) as error:
        raise RequestError(f"{path}: is no TOML ({error}); srbench plan … > {path.name} writes one") from error


def _of_run(path: Path) -> dict[str, Any]:
    asked = read_run(path.parent).asked if path.name == "run.json" else {}
    if not asked:
        raise RequestError(
            f"{path}: does not say how to repeat the run: it is no run.json, of an earlier version, or of a run with "
            "functions or srbench.Metric objects; write a plan: srbench plan … > plan.toml"
        )
    return dict(asked)


def asked_options(methods: Sequence[Any], options: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return completed options as plain values for `run.json`, with paths relative to the run folder.

    Empty if they hold functions or `srbench.Metric` objects, which cannot be written.
    """
    plain = {"methods": list(methods), **{name: value for name, value in options.items() if name in _KEYS}}
    plain = {name: value for name, value in plain.items() if name != "output" and value != DEFAULTS.get(name)}
    moved = relocated(plain, lambda text: text if text.startswith("~") else _relative(Path(text), folder))
    try:
        found: dict[str, Any] = json.loads(json.dumps(moved, default=_path_text))
    except TypeError:
        return {}
    return found


def _path_text(value: object) -> str:
    if isinstance(value, Path):
        return str(value)
    raise TypeError


def _relative(path: Path, folder: Path) -> str:
    found = Path(os.path.relpath(path.absolute(), folder.absolute())).as_posix()
    return found if found.startswith(".") else f"./{found}"  # else a folder would be taken for a dataset's name


def relocated(options: Mapping[str, Any], move: Callable[[str], str]) -> dict[str, Any]:
    """Return options with every path in them changed by a function."""
    found = dict(options)
    for name, rule in (("methods", _moved_method), ("datasets", _moved_dataset), ("images", _moved_list)):
        if name in found:
            found[name] = _each(found[name], partial(rule, move=move))
    for name in _FILES:
        if name in found:
            found[name] = _moved_files(found[name], move)
    if isinstance(found.get("output"), str) and found["output"] != "auto":
        found["output"] = move(found["output"])
    return found


def _each(value: Any, change: Callable[[str], str]) -> Any:
    """Change a text, or each text of a list; other values stay, and are refused where they are used."""
    if isinstance(value, str):
        return change(value)
    return (
        [change(item) if isinstance(item, str) else item for item in value]
        if isinstance(value, list | tuple)
        else value
    )


def _moved_method(text: str, move: Callable[[str], str]) -> str:
    """Move the path in `./mine.py:function`, or in `name:FILE`."""
    path, colon, function = text.rpartition(":")
    if colon and path.endswith(".py"):
        return f"{move(path)}:{function}"
    name, colon, variant = text.partition(":")
    is_path = variant.startswith(("~", ".", "/")) or os.sep in variant or bool(Path(variant).suffix)
    return f"{name}:{move(variant)}" if colon and is_path else text


def _moved_dataset(text: str, move: Callable[[str], str]) -> str:
    return move(text) if is_folder_spec(text) else text


def _moved_list(text: str, move: Callable[[str], str]) -> str:
    return f"@{move(text[1:])}" if text.startswith("@") else text


def _moved_files(value: Any, move: Callable[[str], str]) -> Any:
    if isinstance(value, Mapping):
        return {name: _each(files, move) for name, files in value.items()}
    return _each(value, move)


def plan_text(options: Mapping[str, Any]) -> str:
    """Return options as the text of a plan file.

    Raises:
        RequestError: They hold functions, which no file can hold.
    """
    lines: list[str] = []
    for name, value in options.items():
        if value is not None:
            lines.append(f"{name} = {_toml(name, value)}\n")
    return "".join(lines)


def _toml(name: str, value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(key)} = {_toml(name, item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_toml(name, item) for item in value)}]"
    try:
        return json.dumps(str(value) if isinstance(value, Path) else value, ensure_ascii=False)
    except TypeError:
        raise RequestError(f"{name}: {value!r:.60} cannot be written to a file; name methods of a file") from None
