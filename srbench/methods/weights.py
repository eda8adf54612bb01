"""Weight files: shipped, given by the user, or downloaded once; used only if the sha256 is that of the card."""

import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from srbench.cards import WeightsEntry
from srbench.errors import DownloadError, WeightsError
from srbench.files import atomic_write, cache_home, download, file_sha256, is_web_page


@dataclass(frozen=True)
class WeightFile:
    """A card's weights and their possible locations.

    Attributes:
        entry: The card's entry for one weight file.
        method: Name for messages, such as `edsr@official`.
        folder: Folder of the card.
        owner: Distribution that ships the card.
        given: The user's copy of the file; None to download the file.
    """

    entry: WeightsEntry
    method: str
    folder: Path
    owner: str
    given: Path | None = None

    @property
    def here(self) -> bool:
        """Whether the file can be used without a download."""
        return self.entry.shipped or self.given is not None or self._kept.is_file()

    def obtain(self) -> Path:
        """Return the path of the verified weights, downloaded and unpacked if necessary.

        Raises:
            WeightsError: The file is missing, cannot be downloaded, or does not match the card's sha256.
        """
        if self.entry.shipped:
            return self._shipped()
        if self.given is not None:
            self._check(self.given)
            self._keep(self.given)
        elif not self._kept.is_file():
            self._fetch()
        if not file_sha256(self._kept).startswith(self.entry.sha256):
            raise WeightsError(f"{self._kept}: was altered since it was fetched; delete it, and run the command again")
        return self._member() if self.entry.member else self._kept

    @property
    def _kept(self) -> Path:
        """Cache path of a user's or downloaded file; the hash separates files of the same name."""
        return cache_home() / "weights" / self.entry.sha256[:16] / Path(self.entry.file).name

    def _shipped(self) -> Path:
        path = self.folder / self.entry.file
        if not path.is_file():
            raise WeightsError(f"{path.name}: no such weight file; reinstall {self.owner}")
        if file_sha256(path) != self.entry.sha256:
            raise WeightsError(f"{path.name}: sha256 differs from its card's; reinstall {self.owner}")
        return path

    def _check(self, path: Path) -> None:
        """Raise WeightsError if the file is unreadable or does not match the card's sha256."""
        try:
            found = file_sha256(path)
        except OSError as error:
            raise WeightsError(f"{path.name}: cannot be read ({error.strerror})") from error
        if not found.startswith(self.entry.sha256):
            file = path.name if self.given else self.entry.file
            raise WeightsError(
                f"{file}: is not {self.method}'s file for ×{self.entry.scale}{page_hint(path)}: sha256 is "
                f"{found[:16]}…, its card lists {self.entry.sha256[:16]}…"
            )

    def _keep(self, path: Path) -> None:
        """Copy a checked file to the cache."""
        if not self._kept.is_file():
            _write(self._kept, path.read_bytes())
            self._tell_licence()

    def _tell_licence(self) -> None:
        print(f"{self.method}: weights under {self.entry.licence}, stored in {self._kept.parent}", file=sys.stderr)

    def _fetch(self) -> None:
        print(f"{self.method}: fetching {' or '.join(self.entry.urls)}", file=sys.stderr)
        try:
            self._kept.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(cache_home() / "weights" / f".{self.entry.sha256[:16]}.lock"):
                download(self.entry.urls, self._kept, checksum=None, accept=self._check)
        except (OSError, DownloadError) as error:
            raise WeightsError(
                f"{self.method}: its weights are not on this machine and cannot be fetched ({error}); "
                f"get {self.entry.file} yourself, ask for {self._full_name} and add --weights FILE"
            ) from error
        self._tell_licence()

    @property
    def _full_name(self) -> str:
        """The method with its weights' name, even if the user omitted it."""
        return f"{self.method.partition('@')[0]}@{self.entry.name}"

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


def _write(path: Path, data: bytes) -> None:
    try:
        with atomic_write(path) as partial:
            partial.write_bytes(data)
    except OSError as error:
        raise WeightsError(f"{path}: the weights cannot be kept ({error.strerror}); change SRBENCH_CACHE") from error


def page_hint(path: Path) -> str:
    """Return a hint if a download is a web page, such as a quota or consent notice; else an empty text."""
    return " (it is a web page)" if is_web_page(path) else ""
