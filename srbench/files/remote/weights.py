"""Weight files: shipped, given by the user, or downloaded once; used only if the sha256 is that of the card.

Some cards list only the first digits of a sha256. The whole sha256 of the file that is used first is then stored beside
it, as `FILE.sha256`, and another file that begins with the same digits is refused.
"""

import re
import sys
import zipfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from filelock import FileLock

from srbench.errors import DownloadError, WeightsError
from srbench.files.atomic import atomic_write, is_web_page
from srbench.files.identity.fingerprint import file_identity, file_sha256
from srbench.files.places import cache_home
from srbench.files.remote.downloads import download


class KnownFile(Protocol):
    """What a card says of a weight file.

    Attributes:
        file: Path of a shipped file, relative to the card; for a download, its file name.
        sha256: Of the file; of a download, at least its first 8 digits.
        urls: Addresses, in the order in which they are tried; empty for a shipped file.
        member: End of the weights' path inside the file, if that is a ZIP archive; else None.
        licence: Licence of the weights.
    """

    @property
    def file(self) -> str: ...  # noqa: D102  # see the class
    @property
    def sha256(self) -> str: ...  # noqa: D102
    @property
    def urls(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def member(self) -> str | None: ...  # noqa: D102
    @property
    def licence(self) -> str: ...  # noqa: D102
    @property
    def purpose(self) -> str:
        """What the file is for, after its owner's name, such as ` for ×4`; may be empty."""
        ...

    def advice(self, owner: str) -> str:
        """Return how to use one's own copy of the file, such as `ask for edsr@official and add --weights FILE`."""
        ...


@dataclass(frozen=True)
class WeightFile:
    """A card's weights and their possible locations.

    Attributes:
        entry: What the card says of the file.
        user: Name of the method or metric, for messages, such as `edsr@official`.
        folder: Folder of the card.
        owner: Distribution that ships the card.
        given: The user's copy of the file; None to download the file.
        failures: Errors of `identity`, by file name; `obtain` raises each once, instead of trying the servers again.
    """

    entry: KnownFile
    user: str
    folder: Path
    owner: str
    given: Path | None = None
    failures: dict[str, WeightsError] = field(default_factory=dict)

    @property
    def _is_shipped(self) -> bool:
        return not self.entry.urls

    @property
    def here(self) -> bool:
        """Whether the file can be used without a download."""
        return self._is_shipped or self.given is not None or self._kept.is_file()

    def identity(self) -> str:
        """Return the sha256 of the file and, for an archive, `:` and the member's path.

        If the card lists only the first digits of an unknown file, the file is obtained, because records of two files
        that share these digits must not be confused. If it cannot be obtained, the card's digits are returned: nothing
        can be computed with the weights either.
        """
        found = self._whole_sha256()
        return f"{found}:{self.entry.member}" if self.entry.member else found

    def _whole_sha256(self) -> str:
        if self._is_whole:
            return self.entry.sha256
        if self.given is not None:
            return file_identity(self.given)
        if not self._first_used():
            try:
                self.obtain()
            except WeightsError as error:
                self.failures[self.entry.file] = error
        return self._first_used() or self.entry.sha256

    def obtain(self) -> Path:
        """Return the path of the verified weights, downloaded and unpacked if necessary.

        Raises:
            WeightsError: The file is missing, cannot be downloaded, or does not match the card's sha256.
        """
        if failure := self.failures.pop(self.entry.file, None):
            raise failure
        if self._is_shipped:
            return self._shipped()
        if self.given is not None:
            self._check(self.given)
            self._keep(self.given)
        elif not self._kept.is_file():
            self._fetch()
        found = _sha256(self._kept)
        if not found.startswith(self.entry.sha256) or found != self._remembered(found):
            raise WeightsError(f"{self._kept}: was altered since it was fetched; delete it, and run the command again")
        return self._member() if self.entry.member else self._kept

    def refuse_other(self, path: Path) -> None:
        """Raise WeightsError for a file that is not of the card's sha256, or cannot be read."""
        self._check(path)

    @property
    def _kept(self) -> Path:
        """Cache path of a user's or downloaded file; the hash separates files of the same name."""
        return cache_home() / "weights" / self.entry.sha256[:16] / Path(self.entry.file).name

    @property
    def _is_whole(self) -> bool:
        """Whether the card lists all 64 digits of the sha256."""
        return len(self.entry.sha256) == 64

    @property
    def _note(self) -> Path:
        """Path of the file that stores the whole sha256 if the card does not."""
        return self._kept.with_name(f"{self._kept.name}.sha256")

    def _stored(self) -> str:
        """Return the stored sha256; empty if there is none, or it is damaged."""
        with suppress(OSError, ValueError):
            stored = self._note.read_text(encoding="ascii").strip()
            if re.fullmatch(r"[0-9a-f]{64}", stored) and stored.startswith(self.entry.sha256):
                return stored
        return ""

    def _first_used(self) -> str:
        """Return the whole sha256 of the file used first, as stored or else of the cached file; empty if none was."""
        if stored := self._stored():
            return stored
        found = file_identity(self._kept)
        return found if found.startswith(self.entry.sha256) else ""

    def _remembered(self, found: str) -> str:
        """Return the whole sha256 of the file used first; if there was none, store and return `found`."""
        if self._is_whole or self._stored():
            return self._stored() or found
        with suppress(OSError, NotImplementedError):  # a cache that cannot be written cannot get another file either
            self._note.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(cache_home() / "weights" / f".{self.entry.sha256}.sha256.lock"):
                if not self._stored():
                    with atomic_write(self._note) as partial:
                        partial.write_text(f"{self._first_used() or found}\n", encoding="ascii")
        return self._first_used() or found

    def _shipped(self) -> Path:
        path = self.folder / self.entry.file
        if not path.is_file():
            raise WeightsError(f"{path.name}: no such weight file; reinstall {self.owner}")
        if file_sha256(path) != self.entry.sha256:
            raise WeightsError(f"{path.name}: sha256 differs from its card's; reinstall {self.owner}")
        return path

    def _check(self, path: Path) -> None:
        """Raise WeightsError if the file is unreadable, not that of the card's sha256, or not the one used first."""
        found = _sha256(path)
        if not found.startswith(self.entry.sha256):
            file = path.name if self.given else self.entry.file
            raise WeightsError(
                f"{file}: is not {self.user}'s file{self.entry.purpose}{page_hint(path)}: sha256 is "
                f"{found[:16]}…, its card lists {self.entry.sha256[:16]}…"
            )
        first = self._remembered(found)
        if found != first:
            raise WeightsError(
                f"{path.name if self.given else self.entry.file}: is not the file first used as {self.user}'s"
                f"{self.entry.purpose}, of which its card lists only {self.entry.sha256}: sha256 is {found[:16]}…, "
                f"that was {first[:16]}…; to use this one from now on, delete {self._kept.parent}"
            )

    def _keep(self, path: Path) -> None:
        """Copy a checked file to the cache."""
        if not self._kept.is_file():
            _write(self._kept, path.read_bytes())
            self._tell_licence()

    def _tell_licence(self) -> None:
        print(f"{self.user}: weights under {self.entry.licence}, stored in {self._kept.parent}", file=sys.stderr)

    def _fetch(self) -> None:
        print(f"{self.user}: fetching {' or '.join(self.entry.urls)}", file=sys.stderr)
        try:
            self._kept.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(cache_home() / "weights" / f".{self.entry.sha256[:16]}.lock"):
                download(self.entry.urls, self._kept, checksum=None, accept=self._check)
        except (OSError, DownloadError) as error:
            raise WeightsError(
                f"{self.user}: its weights are not on this machine and cannot be fetched ({error}); "
                f"get {self.entry.file} yourself, {self.entry.advice(self.user)}"
            ) from error
        self._tell_licence()

    def _member(self) -> Path:
        """Unpack the wanted member beside the archive and return its path."""
        wanted = self.entry.member or ""
        try:
            with zipfile.ZipFile(self._kept) as archive:
                names = [name for name in archive.namelist() if name.endswith(wanted)]
                if len(names) != 1:
                    raise WeightsError(f"{self._kept.name}: {len(names)} files in it end in {wanted!r}, expected one")
                data = archive.read(names[0])
        except (OSError, zipfile.BadZipFile) as error:
            raise WeightsError(f"{self._kept.name}: cannot be unpacked ({error}); delete it and try again") from error
        path = self._kept.parent / wanted.replace("/", "-")
        if not path.is_file() or path.read_bytes() != data:
            _write(path, data)
        return path


def _sha256(path: Path) -> str:
    try:
        return file_sha256(path)
    except OSError as error:
        raise WeightsError(f"{path.name}: cannot be read ({error.strerror})") from error


def _write(path: Path, data: bytes) -> None:
    try:
        with atomic_write(path) as partial:
            partial.write_bytes(data)
    except OSError as error:
        raise WeightsError(f"{path}: the weights cannot be kept ({error.strerror}); change SRBENCH_CACHE") from error


def page_hint(path: Path) -> str:
    """Return a hint if a download is a web page, such as a quota or consent notice; else an empty text."""
    return " (it is a web page)" if is_web_page(path) else ""
