"""Folders that srbench reads and writes, and the image files in a folder."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import platformdirs

from srbench.errors import DatasetError, RequestError
from srbench.files.atomic import unlike_weights
from srbench.files.codec import IMAGE_SUFFIXES

_UNREAD_SUFFIXES = frozenset(
    {
        *(".apng", ".avif", ".bpg", ".dib", ".exr", ".gif", ".hdr", ".heic", ".heif", ".hif", ".ico", ".j2k", ".jfif"),
        *(".jls", ".jp2", ".jpe", ".jpx", ".jxl", ".jxr", ".mng", ".pam", ".pbm", ".pcx", ".pfm", ".pnm", ".psd"),
        *(".qoi", ".ras", ".sgi", ".svg", ".tga", ".arw", ".cr2", ".cr3", ".dng", ".nef", ".orf", ".raf", ".rw2"),
        *(".avi", ".mkv", ".mov", ".mp4", ".webm", ".y4m", ".yuv", ".npy", ".npz"),
    }
)
"""Suffixes of images, videos and arrays that are not read, though a user may take them for a dataset's images."""


def expanded(path: str | os.PathLike[str]) -> Path:
    """Return a path that a user gave, with `~` replaced by the home folder; nothing need be there.

    Raises:
        RequestError: There is no such home folder, or the system cannot look the path up: it is too long, has a loop of
            links, a folder that may not be read, or characters that file names cannot have.
    """
    given = os.fspath(path)
    try:
        found = Path(given).expanduser()
        found.stat()
    except (FileNotFoundError, NotADirectoryError):
        pass
    except RuntimeError:  # of expanduser
        raise RequestError(f"{_shown(given)}: its home folder is not known; write the whole path") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise RequestError(f"{_shown(given)}: cannot be looked up ({reason}); check the path") from None
    return found


def _shown(text: str) -> str:
    short = text if len(text) <= 120 else f"{text[:80]}…{text[-20:]}"
    return short if short.isprintable() else ascii(short)


def data_home() -> Path:
    """Return the folder of imported datasets: $SRBENCH_DATA, by default in the platform's cache folder.

    Raises:
        RequestError: See `expanded`.
    """
    return _home("SRBENCH_DATA", "datasets")


def cache_home() -> Path:
    """Return the folder of files that can be recreated: $SRBENCH_CACHE, by default the platform's cache folder.

    Raises:
        RequestError: See `expanded`.
    """
    return _home("SRBENCH_CACHE")


def _home(variable: str, *inside: str) -> Path:
    chosen = os.environ.get(variable)
    try:
        return expanded(chosen or platformdirs.user_cache_path("srbench").joinpath(*inside))
    except RuntimeError:  # of platformdirs
        raise RequestError(f"no home folder is known; set {variable} to a folder for srbench's files") from None
    except RequestError as error:
        raise RequestError(f"{error}, or set {variable} to another folder") from None


@contextmanager
def reading_folder(folder: Path) -> Iterator[None]:
    """Raise an OSError in the `with` block as a DatasetError that names the folder, or the file in it."""
    try:
        yield
    except OSError as error:
        where, reason = error.filename or folder, error.strerror or error
        raise DatasetError(f"{where}: cannot be read ({reason}); check its permissions") from error


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
    with reading_folder(folder):
        paths = [path for path in sorted(folder.iterdir()) if _is_visible(path, IMAGE_SUFFIXES) and not path.is_dir()]
        files = {path for path in paths if path.is_file()}
    for path in paths:
        if path not in files:
            raise DatasetError(f"{path}: is a broken link or not a regular file; remove it from the folder")
        printable_name(path)
        if path.stem in found:
            raise DatasetError(
                f"{folder}: {found[path.stem].name} and {path.name} share the id {path.stem!r}; rename one"
            )
        found[path.stem] = path
    return found


def passed_over(folder: Path) -> tuple[str, ...]:
    """Return the names, in order, of files directly inside a folder that look like images but are not read."""
    with reading_folder(folder):
        paths = [path for path in folder.iterdir() if _is_visible(path, _UNREAD_SUFFIXES) and path.is_file()]
    return tuple(_shown(name) for name in sorted(path.name for path in paths))


def _is_visible(path: Path, suffixes: frozenset[str]) -> bool:
    return path.suffix.lower() in suffixes and not path.name.startswith(".")


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
        RequestError: A file does not exist, holds no weights by its first bytes, or its path cannot be looked up.
    """
    files: dict[str, tuple[Path, ...]] = {}
    for name, given in weights.items():
        several = (given,) if isinstance(given, str | Path) else tuple(given)
        files[name] = tuple(expanded(file) for file in several)
        for file in files[name]:
            if file.is_dir():
                raise RequestError(f"{file}: is a folder; name a weight file for {name} in it")
            if not file.is_file():
                raise RequestError(f"{file}: no such weight file for {name}; check the path")
            if kind := unlike_weights(file):
                raise RequestError(f"{file}: is {kind}, not a weight file for {name}; check the path")
    return files


def is_folder_spec(spec: str) -> bool:
    """Return whether a text is a folder (`./photos`, `/data/x`, `~/x`) and not a dataset's name."""
    return spec.startswith(("~", ".")) or "/" in spec or os.sep in spec
