"""Folders that srbench reads and writes, and the image files in a folder."""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import platformdirs

from srbench.errors import DatasetError, RequestError
from srbench.files.codec import IMAGE_SUFFIXES


def data_home() -> Path:
    """Return the folder of imported datasets: $SRBENCH_DATA, by default in the platform's cache folder."""
    chosen = os.environ.get("SRBENCH_DATA")
    return Path(chosen).expanduser() if chosen else platformdirs.user_cache_path("srbench") / "datasets"


def cache_home() -> Path:
    """Return the folder of files that can be recreated: $SRBENCH_CACHE, by default the platform's cache folder."""
    chosen = os.environ.get("SRBENCH_CACHE")
    return Path(chosen).expanduser() if chosen else platformdirs.user_cache_path("srbench")


def shown(path: Path) -> str:
    """Return a path as text for messages: relative to the working directory if it lies below that."""
    with suppress(OSError, ValueError):
        return str(path.relative_to(Path.cwd()))
    return str(path)


def image_files(folder: Path) -> dict[str, Path]:
    """Return the image files directly inside a folder by stem, in name order, without hidden files.

    Raises:
        DatasetError: The folder cannot be listed, a file is irregular or unprintable, or two share a stem.
    """
    found: dict[str, Path] = {}
    try:
        paths = sorted(folder.iterdir())
    except OSError as error:
        raise DatasetError(f"{folder}: cannot be listed ({error.strerror})") from error
    for path in paths:
        if path.suffix.lower() not in IMAGE_SUFFIXES or path.name.startswith("."):
            continue
        if path.is_dir():
            continue
        if not path.is_file():
            raise DatasetError(f"{path}: is a broken link or not a regular file; remove it from the folder")
        printable_name(path)
        if path.stem in found:
            raise DatasetError(
                f"{folder}: {found[path.stem].name} and {path.name} share the id {path.stem!r}; rename one"
            )
        found[path.stem] = path
    return found


def printable_name(path: Path) -> str:
    """Return the last part of a path if tables and records can print that name.

    Raises:
        DatasetError: The name has control characters, or bytes that are not UTF-8.
    """
    if not path.name.isprintable():
        raise DatasetError(f"{str(path)!r}: the name {path.name!r} cannot be printed; rename it to printable UTF-8")
    return path.name


Files = Path | str | Sequence[Path | str]


def existing_files(weights: Mapping[str, Files]) -> dict[str, tuple[Path, ...]]:
    """Return the paths of a user's weight files, by name of the method or classifier that uses the files.

    Raises:
        RequestError: A file does not exist.
    """
    files: dict[str, tuple[Path, ...]] = {}
    for name, given in weights.items():
        several = (given,) if isinstance(given, str | Path) else tuple(given)
        files[name] = tuple(Path(file).expanduser() for file in several)
        for file in files[name]:
            if not file.is_file():
                raise RequestError(f"{file}: no such weight file for {name}; check the path")
    return files


def is_folder_spec(spec: str) -> bool:
    """Return whether a text is a folder (`./photos`, `/data/x`, `~/x`) and not a dataset's name."""
    return spec.startswith(("~", ".")) or "/" in spec or os.sep in spec
