"""Kinds of values that name files and folders: each function returns a value in one form, or raises UnfitError."""

import os
from collections.abc import Mapping
from pathlib import Path

from srbench.errors import RequestError
from srbench.files import Files, expanded, is_folder_spec
from srbench.harness.arguments import kinds
from srbench.harness.arguments.argument import UnfitError
from srbench.methods import Weights

__all__ = [
    "dataset",
    "files_by_name",
    "image_folder",
    "image_ids",
    "path",
    "path_text",
    "run_folder",
    "weights",
    "weights_by_name",
]


def path_text(value: object) -> str:
    """The path of a file or folder, given as text or as a `pathlib.Path`."""
    found = os.fspath(value) if isinstance(value, os.PathLike) else value
    if not isinstance(found, str) or not found.strip():
        raise UnfitError
    return str(found)


def path(value: object) -> Path:
    """A path that the system can look up; `~` is the home folder."""
    return expanded(path_text(value))


def image_folder(value: object) -> Path:
    """A path of a folder, which need not be there; a file is refused."""
    found = path(value)
    if found.is_file():
        raise RequestError(f"{found}: is a file; name the folder that holds the images")
    return found


def run_folder(value: object) -> Path | str | None:
    """A folder's path, `auto` or None."""
    if value is None or (isinstance(value, str) and value == "auto"):
        return value
    return path(kinds.text(path_text(value)))


def dataset(value: object) -> str:
    """A dataset's name, or a folder written as a path: a `pathlib.Path` is always a folder."""
    found = kinds.text(path_text(value))
    # A name has no point: a file called `set5` is no obstacle to the dataset.
    if is_folder_spec(found) or Path(found).suffix:
        image_folder(found)
    return f"./{found}" if isinstance(value, os.PathLike) and not is_folder_spec(found) else found


def image_ids(value: object) -> tuple[str, ...]:
    """Ids of images; `@FILE` stands for the ids in a text file, one a line."""
    found: list[str] = []
    for one in kinds.names(kinds.name)(value):
        found += _listed_in(expanded(one[1:])) if one.startswith("@") else [one]
    if twice := [one for one in found if found.count(one) > 1]:
        raise RequestError(f"image {twice[0]!r} given twice; name each image once")
    return tuple(found)


def _listed_in(file: Path) -> list[str]:
    try:
        lines = [line.strip() for line in file.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise RequestError(f"@{file}: cannot be read as a list of image ids ({error}); write one id a line") from error
    ids = [kinds.text(line) for line in lines if line and not line.startswith("#")]
    if not ids:
        raise RequestError(f"@{file}: lists no image; write one id a line")
    return ids


def weights(value: object) -> Weights:
    """Files, by name of the method they belong to or alone, or None."""
    return weights_by_name(value) if value is None or isinstance(value, Mapping) else kinds.several(path_text)(value)


def weights_by_name(value: object) -> dict[str, Files] | None:
    """Files by name of the method they belong to, or None."""
    if value is not None and not isinstance(value, Mapping):
        raise UnfitError
    return None if value is None else {kinds.name(key): kinds.several(path_text)(files) for key, files in value.items()}


def files_by_name(value: object) -> dict[str, str]:
    """A file for each name."""
    if not isinstance(value, Mapping):
        raise UnfitError
    return {kinds.name(key): path_text(file) for key, file in value.items()}
