"""Safe unpacking of untrusted archives: no file outside the target folder, no links, a limit on the bytes."""

import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, cast

from srbench.errors import DatasetError, one_line

ARCHIVE_SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
_CHUNK = 1 << 20
_MOST_FILES = 1_000_000

_DAMAGED = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)
"""Errors of the standard library for damaged or unsupported archives."""


class NothingThereError(DatasetError):
    """An archive holds no files below the requested folder."""


@dataclass(frozen=True)
class _Member:
    name: str
    size: int  # in bytes, as the archive claims
    problem: str  # why it must not be unpacked, or empty
    source: zipfile.ZipInfo | tarfile.TarInfo


def is_archive(path: Path) -> bool:
    """Return whether a file has a suffix that `unpack` supports, such as `.zip` or `.tar.gz`."""
    return path.name.lower().endswith(ARCHIVE_SUFFIXES)


def unpack(archive: Path, target: Path, *, limit: int, prefix: str = "") -> int:
    """Unpack an archive's regular files into a folder and return their number.

    Args:
        archive: A ZIP file, or a tar file with or without compression.
        target: Folder to unpack into; created if it does not exist.
        limit: Largest total size of the files, in bytes, counted while they are written.
        prefix: Unpack only files below this folder of the archive, and remove it from their paths.

    Raises:
        DatasetError: The archive is invalid or damaged, holds a link, a device, a duplicate name or a path that leads
            out of the target, or exceeds the limit; files unpacked before the error remain.
        OSError: The target cannot be written.
    """
    written, done = 0, set[str]()
    with ExitStack() as stack:
        try:
            opened = _opened(archive, stack)
            for member in _members(opened):
                if not member.name.startswith(prefix):
                    continue
                name = _checked_name(archive, member, prefix, done, limit)
                done.add(name)
                path = target / name
                path.parent.mkdir(parents=True, exist_ok=True)
                with _reader(opened, member) as source, path.open("xb") as file:
                    while chunk := source.read(_CHUNK):
                        written += len(chunk)
                        if written > limit:
                            raise DatasetError(_too_large(archive, limit))
                        file.write(chunk)
        except _DAMAGED as error:
            raise DatasetError(f"{archive.name}: damaged or no archive ({one_line(error)}); fetch it again") from error
        except OSError as error:
            # An OSError of bz2 about invalid data has no errno; one of the disk has.
            if error.errno is None or isinstance(error, FileExistsError | NotADirectoryError | IsADirectoryError):
                raise DatasetError(f"{archive.name}: damaged archive ({one_line(error)}); download it again") from error
            raise
    if not done:
        where = f" below {prefix}" if prefix else ""
        raise NothingThereError(f"{archive.name}: holds no files{where}; check that it is the dataset's archive")
    return len(done)


def _checked_name(archive: Path, member: _Member, prefix: str, done: set[str], limit: int) -> str:
    """Return a member's path relative to the target; raise DatasetError if the member must not be unpacked."""
    name = member.name.removeprefix(prefix)
    parts = PurePosixPath(name).parts
    problem = member.problem
    if not parts or name.startswith("/") or "\\" in name or "\0" in name or ".." in parts or ":" in parts[0]:
        problem = "its path leads out of the folder"
    elif "/".join(parts) in done:
        problem = "duplicate name"
    if problem:
        raise DatasetError(f"{archive.name}: {member.name[:80]!r} cannot be unpacked: {problem}; get a sound archive")
    if member.size > limit or len(done) >= _MOST_FILES:
        raise DatasetError(_too_large(archive, limit))
    return "/".join(parts)


def _too_large(archive: Path, limit: int) -> str:
    return f"{archive.name}: unpacks to more than the {limit // 2**20} MiB the dataset's card allows; download it again"


def _opened(archive: Path, stack: ExitStack) -> zipfile.ZipFile | tarfile.TarFile:
    if archive.name.lower().endswith(".zip"):
        return stack.enter_context(zipfile.ZipFile(archive))
    return stack.enter_context(tarfile.open(archive))


def _members(opened: zipfile.ZipFile | tarfile.TarFile) -> Iterator[_Member]:
    """Yield the members of an archive except folders."""
    if isinstance(opened, zipfile.ZipFile):
        for info in opened.infolist():
            mode = info.external_attr >> 16
            odd = bool(stat.S_IFMT(mode)) and not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)
            problem = "it is a link or a device" if odd else "it is encrypted" if info.flag_bits & 1 else ""
            if not info.is_dir() or odd:
                yield _Member(info.filename, info.file_size, problem, info)
    else:
        for entry in opened:
            if not entry.isdir():
                problem = "" if entry.isreg() else "it is a link or a device"
                yield _Member(entry.name.removeprefix("./"), entry.size, problem, entry)


def _reader(opened: zipfile.ZipFile | tarfile.TarFile, member: _Member) -> IO[bytes]:
    if isinstance(opened, zipfile.ZipFile):
        return opened.open(cast(zipfile.ZipInfo, member.source))
    return cast(IO[bytes], opened.extractfile(cast(tarfile.TarInfo, member.source)))
