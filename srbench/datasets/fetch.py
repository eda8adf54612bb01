"""`srbench datasets fetch`: download a dataset's files, unpack and import them."""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from filelock import FileLock, Timeout

from srbench.api import Progress
from srbench.cards import ArchiveEntry, DatasetCard, Entry, installed_cards
from srbench.datasets.install import ImportReport, import_dataset, refuse_target
from srbench.errors import DatasetError, DownloadError, RequestError
from srbench.files import (
    Bytes,
    NothingThereError,
    cache_home,
    combine,
    data_home,
    download,
    expanded,
    is_archive,
    unpack,
)

Fetching = Callable[[str], Bytes]
"""Function of a file's name that returns the callback to call as bytes of that file arrive."""


def fetch_datasets(
    names: Sequence[str],
    *,
    replace: bool = False,
    keep_archive: bool = False,
    begun: Callable[[str], tuple[Fetching, Progress]],
) -> Iterator[tuple[str, ImportReport | None]]:
    """Fetch datasets in turn; an archive shared by several is downloaded once.

    Args:
        names: Names of cards.
        replace: Replace earlier imports.
        keep_archive: Keep the downloads in the cache folder.
        begun: Called with title and licence before each dataset; returns two callbacks, to call as bytes arrive and as
            images are verified.

    Yields:
        Each dataset's name with its import report, or with None if the dataset is already imported.

    Raises:
        UnknownNameError: A name is unknown; nothing is fetched.
        SRBenchError: See `fetch_dataset`.
    """
    entries = [installed_cards().dataset(name) for name in names]
    for entry in entries:
        if entry.card.folder and (data_home() / entry.card.folder).exists() and not replace:
            yield entry.card.name, None
            continue
        fetching, progress = begun(f"{entry.card.title}: {entry.card.licence}")
        report = fetch_dataset(entry, replace=replace, keep_archive=True, fetching=fetching, progress=progress)
        yield entry.card.name, report
    for entry in [] if keep_archive else entries:  # last, because several may share an archive
        forget_downloads(entry.card)


def fetch_dataset(
    entry: Entry[DatasetCard],
    *,
    replace: bool = False,
    keep_archive: bool = False,
    fetching: Fetching = lambda _: lambda *_: None,
    progress: Progress | None = None,
) -> ImportReport:
    """Download a dataset's files, unpack and verify them, and copy the dataset to $SRBENCH_DATA.

    Args:
        entry: The dataset's card.
        replace: Replace an earlier import.
        keep_archive: Keep the downloads in the cache folder.
        fetching: Called before each download.
        progress: Called after each verified image.

    Raises:
        RequestError: The dataset needs no import, is already imported, or its card lists no files.
        DownloadError: A file cannot be downloaded, or another process is doing so; a partial download is kept.
        DatasetError: A file cannot be unpacked, or the images differ from the card's; the downloads are kept.
    """
    card = entry.card
    refuse_target(card, replace=replace)
    if not card.archives:
        raise RequestError(f"{card.name}: no address is known; download it yourself, then run srbench datasets import")
    paths: list[Path] = []
    for archive in card.archives:
        folder = _downloads(archive)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with FileLock(folder / ".lock", timeout=0):
                notify = fetching(archive.file)
                paths.append(download(archive.urls, folder / archive.file, checksum=archive.checksum, progress=notify))
        except Timeout:
            raise DownloadError(f"{archive.file}: another srbench is fetching it; wait, then try again") from None
        except DownloadError as error:
            raise DownloadError(
                f"{card.name}: {error}; try again, the partial download is kept; or get the files yourself and run "
                f"srbench datasets import {card.name} FILE…"
            ) from error
        except OSError as error:
            raise DownloadError(f"{folder}: cannot be written ({error.strerror or error})") from error
    report = import_files(entry, paths, replace=replace, progress=progress)
    if not keep_archive:
        forget_downloads(card)
    return report


def forget_downloads(card: DatasetCard) -> None:
    """Remove a dataset's downloads, even if other datasets share them."""
    for archive in card.archives:
        shutil.rmtree(_downloads(archive), ignore_errors=True)


def _downloads(archive: ArchiveEntry) -> Path:
    """Return the folder of a download, one per file, so that datasets in the same archive share its download."""
    return cache_home() / "downloads" / combine(file=archive.file, checksum=archive.checksum, urls=archive.urls)[:12]


def import_named(name: str, sources: Sequence[Path], *, replace: bool, progress: Progress) -> ImportReport:
    """Import the dataset called `name` from a folder or files; see `import_files`."""
    return import_files(installed_cards().dataset(name), sources, replace=replace, progress=progress)


def import_files(
    entry: Entry[DatasetCard], sources: Sequence[Path], *, replace: bool = False, progress: Progress | None = None
) -> ImportReport:
    """Verify a dataset in one folder, or in archives and plain files, then copy it; see `import_dataset`.

    Raises:
        RequestError: The dataset needs no import, or is already imported, or a path cannot be looked up.
        DatasetError: A file is missing, cannot be unpacked, or differs from the card.
    """
    card = entry.card
    sources = [expanded(source) for source in sources]
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
            except DatasetError as error:  # the message must not name the temporary folder
                given = ", ".join(source.name for source in sources)
                raise type(error)(str(error).replace(f"{staging}/", "").replace(staging, given)) from error
    except OSError as error:
        raise DatasetError(f"{target}: cannot be written ({error.strerror or error}); nothing was imported") from error


def _place(source: Path, card: DatasetCard, staging: Path) -> None:
    """Unpack an archive or copy a file into the dataset's layout."""
    known = next((archive for archive in card.archives if archive.file == source.name), None) or _like(source, card)
    if not is_archive(source):
        shutil.copyfile(source, staging / (known.into if known else "") / source.name)
        return
    limit = (known.unpacked_mib if known else _UNKNOWN_MIB) * 2**20
    target = staging / (known.into if known else "")
    try:
        unpack(source, target, limit=limit, prefix=known.prefix if known else "")
    except NothingThereError:  # repacked by the user, without the prefix
        if not known or not known.prefix:
            raise
        unpack(source, target, limit=limit)


_UNKNOWN_MIB = 20_000  # limit for archives that no card names


def _like(source: Path, card: DatasetCard) -> ArchiveEntry | None:
    """Return the card's only archive if the source is an archive under another name."""
    archives = [archive for archive in card.archives if is_archive(Path(archive.file))]
    return archives[0] if len(archives) == 1 and is_archive(source) else None
