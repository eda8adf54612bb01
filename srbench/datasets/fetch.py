"""`srbench datasets fetch`: a dataset's files from the network, unpacked, then imported as any others are."""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from filelock import FileLock, Timeout

from srbench.api import Progress
from srbench.cards import ArchiveEntry, DatasetCard, Entry, installed_cards
from srbench.datasets.install import ImportReport, import_dataset, refuse_target
from srbench.errors import DatasetError, DownloadError, RequestError
from srbench.files import Bytes, NothingThereError, cache_home, combine, data_home, download, is_archive, unpack

Fetching = Callable[[str], Bytes]
"""Told a file's name, gives what is told of its bytes."""


def fetch_datasets(
    names: Sequence[str],
    *,
    replace: bool = False,
    keep_archive: bool = False,
    begun: Callable[[str], tuple[Fetching, Progress]],
) -> Iterator[tuple[str, ImportReport | None]]:
    """Fetch datasets one after the other; archives that several share are fetched once.

    Args:
        names: Names of cards.
        replace: Take the place of earlier imports.
        keep_archive: Leave the downloads in the cache folder.
        begun: Called with title and licence before each dataset is fetched; returns what is called as its bytes
            arrive and its images are verified.

    Yields:
        Each name, with None if the dataset is there already.

    Raises:
        UnknownNameError: No card has one of the names; nothing is fetched.
        SRBenchError: As `fetch_dataset`.
    """
    entries = [installed_cards().dataset(name) for name in names]
    for entry in entries:
        if entry.card.folder and (data_home() / entry.card.folder).exists() and not replace:
            yield entry.card.name, None
            continue
        fetching, progress = begun(f"{entry.card.title}: {entry.card.licence}")
        report = fetch_dataset(entry, replace=replace, keep_archive=True, fetching=fetching, progress=progress)
        yield entry.card.name, report
    for entry in [] if keep_archive else entries:  # only now, because several may share an archive
        forget_downloads(entry.card)


def fetch_dataset(
    entry: Entry[DatasetCard],
    *,
    replace: bool = False,
    keep_archive: bool = False,
    fetching: Fetching = lambda _: lambda *_: None,
    progress: Progress | None = None,
) -> ImportReport:
    """Fetch, unpack, verify and install a dataset.

    Args:
        entry: The dataset's card.
        replace: Take the place of an earlier import.
        keep_archive: Leave the downloads in the cache folder.
        fetching: Told of downloads.
        progress: Told of images verified.

    Raises:
        RequestError: The dataset needs no import, is there already, or its card names no files.
        DownloadError: A file cannot be fetched, or another process is fetching it; what came stays for the next call.
        DatasetError: It may not be unpacked, or the images are not the card's; downloads stay.
    """
    card = entry.card
    refuse_target(card, replace=replace)
    if not card.archives:
        raise RequestError(f"{card.name}: no address is known; get it yourself and run srbench datasets import")
    paths: list[Path] = []
    for archive in card.archives:
        folder = _downloads(archive)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with FileLock(folder / ".lock", timeout=0):
                told = fetching(archive.file)
                paths.append(download(archive.urls, folder / archive.file, checksum=archive.checksum, progress=told))
        except Timeout:
            raise DownloadError(f"{archive.file}: another srbench is fetching it; wait until it is done") from None
        except DownloadError as error:
            raise DownloadError(
                f"{card.name}: {error}; what came so far is kept for the next call; or get the files yourself and run "
                f"srbench datasets import {card.name} FILE…"
            ) from error
        except OSError as error:
            raise DownloadError(f"{folder}: cannot be written ({error.strerror or error})") from error
    report = import_files(entry, paths, replace=replace, progress=progress)
    if not keep_archive:
        forget_downloads(card)
    return report


def forget_downloads(card: DatasetCard) -> None:
    """Remove the files that a dataset came in, which it may share with others."""
    for archive in card.archives:
        shutil.rmtree(_downloads(archive), ignore_errors=True)


def _downloads(archive: ArchiveEntry) -> Path:
    """Of its own for each file: datasets that come in one archive find it there."""
    return cache_home() / "downloads" / combine(file=archive.file, checksum=archive.checksum, urls=archive.urls)[:12]


def import_named(name: str, sources: Sequence[Path], *, replace: bool, progress: Progress) -> ImportReport:
    """Import the dataset of a card's name; see `import_files`."""
    return import_files(installed_cards().dataset(name), sources, replace=replace, progress=progress)


def import_files(
    entry: Entry[DatasetCard], sources: Sequence[Path], *, replace: bool = False, progress: Progress | None = None
) -> ImportReport:
    """Verify and install a dataset that lies in one folder, or in the archives and files it is handed out in.

    Args:
        entry: The dataset's card.
        sources: A folder; or archives, recognised by name or by what they hold, and plain files.
        replace: Take the place of an earlier import.
        progress: Told of images verified.

    Raises:
        RequestError: The dataset needs no import, or is there already.
        DatasetError: Something is missing, may not be unpacked, or is not what the card says.
    """
    card = entry.card
    refuse_target(card, replace=replace)
    folders = [source for source in sources if source.is_dir()]
    if folders and len(sources) > 1:
        raise DatasetError(f"{folders[0]}: is a folder; give one folder that holds everything, or archives and files")
    if len(sources) == 1 and not sources[0].is_file():
        return import_dataset(entry, sources[0], replace=replace, progress=progress)
    for source in sources:
        if not source.is_file():
            raise DatasetError(f"{source}: no such file; give one folder, or the dataset's archives and files")
    target = data_home() / card.folder
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as staging:
            try:
                for source in sources:
                    _place(source, card, Path(staging))
                return import_dataset(entry, Path(staging), replace=replace, progress=progress)
            except DatasetError as error:  # its folder is gone when the message is read
                given = ", ".join(source.name for source in sources)
                raise type(error)(str(error).replace(f"{staging}/", "").replace(staging, given)) from error
    except OSError as error:
        raise DatasetError(f"{target}: cannot be written ({error.strerror or error}); nothing was imported") from error


def _place(source: Path, card: DatasetCard, staging: Path) -> None:
    """Unpack an archive, or copy a file, to where the dataset's reader looks for it."""
    known = next((archive for archive in card.archives if archive.file == source.name), None) or _like(source, card)
    if not is_archive(source):
        shutil.copyfile(source, staging / (known.into if known else "") / source.name)
        return
    limit = (known.unpacked_mib if known else _UNKNOWN_MIB) * 2**20
    target = staging / (known.into if known else "")
    try:
        unpack(source, target, limit=limit, prefix=known.prefix if known else "")
    except NothingThereError:  # someone's own archive of it
        if not known or not known.prefix:
            raise
        unpack(source, target, limit=limit)


_UNKNOWN_MIB = 20_000
"""For archives that no card names."""


def _like(source: Path, card: DatasetCard) -> ArchiveEntry | None:
    """The card's only archive, under another name."""
    archives = [archive for archive in card.archives if is_archive(Path(archive.file))]
    return archives[0] if len(archives) == 1 and is_archive(source) else None
