"""Fingerprints: hashes of everything that determines a result, so that only valid records are reused."""

import hashlib
import json
import os
from collections.abc import Iterable
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

LIBRARIES = ("torch", "numpy", "numba", "opencv-python-headless", "pillow", "scikit-image")
"""Distributions whose version can change the last digits of a result."""

_ONNX = ("onnxruntime", "onnxruntime-gpu")

_PACKAGE = Path(__file__).parent.parent.parent
_EXEMPT = {
    "__init__.py": "imports only",
    "__main__.py": "imports only",
    "errors.py": "words of messages",
    "cli": "words of the command line",
    "harness": "asks the other rooms; computes nothing that a record holds",
    "report": "draws stored scores",
    "leaderboard": "tabulates stored scores",
    "timing": "measures times, which records do not hold",
    "runs": "decides which records are made, not what they hold",
    "datasets": "finds files and labels, which are hashed themselves",
    "files/__init__.py": "imports only",
    "files/atomic.py": "writes files",
    "files/identity": "hashes",
    "files/photograph.py": "reads and writes what `srbench upscale` enlarges, which is not scored",
    "files/places.py": "finds files, which are hashed themselves",
    "files/remote/__init__.py": "imports nothing",
    "files/remote/archive.py": "unpacks files, which are hashed themselves",
    "files/remote/downloads.py": "fetches files, which are hashed themselves",
    "files/remote/weights.py": "obtains files, which are hashed themselves",
}
"""Files and folders of srbench that decide no number, with the reasons; all others are part of every fingerprint."""


def file_sha256(path: Path) -> str:
    """Return the sha256 of a file's bytes, 64 hexadecimal digits.

    Raises:
        OSError: The file cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def file_identity(path: Path) -> str:
    """Return the sha256 of a file's bytes or, for an unreadable file, a text with the reason."""
    try:
        return file_sha256(path)
    except OSError as error:
        return f"unreadable: {error.strerror}"


def _hash_files(root: Path, paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(f"{path.relative_to(root).as_posix()} {file_sha256(path)}\n".encode())
    return digest.hexdigest()


@lru_cache(maxsize=2)
def numbers_code(package: Path = _PACKAGE) -> str:
    """Return the sha256 of srbench's code that determines results and warnings, such as metrics and decoding.

    Raises:
        RuntimeError: A file or folder that is exempt does not exist.
    """
    exempt = {package / name for name in _EXEMPT}
    for path in exempt:
        if not path.exists():
            raise RuntimeError(f"{path}: is exempt from fingerprints, but does not exist; reinstall srbench")
    paths = (path for path in package.rglob("*.py") if exempt.isdisjoint([path, *path.parents]))
    return _hash_files(package, paths)


@lru_cache(maxsize=1)
def library_versions() -> dict[str, str]:
    """Return the installed version of each of `LIBRARIES`, by name."""
    return {name: version(name) for name in LIBRARIES}


@lru_cache(maxsize=4)
def runtime_version(runtime: str) -> str:
    """Return the version of a runtime's package; empty for a runtime that is part of torch."""
    if runtime == "onnxruntime":  # the build for GPUs is a package of another name
        return next((found for name in _ONNX if (found := installed_version(name)) != "none"), "none")
    return installed_version("openvino") if runtime == "openvino" else ""


@lru_cache(maxsize=16)
def installed_version(distribution: str) -> str:
    """Return the version of an optional distribution, `none` if it is not installed."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "none"


def place_sha256(path: Path) -> str:
    """Return the first 12 digits of the sha256 of an absolute path: an identity that does not reveal the path."""
    return hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:12]


def combine(**parts: Any) -> str:
    """Return the first 32 hexadecimal digits of the sha256 of named values, as canonical JSON."""
    canonical = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:32]
