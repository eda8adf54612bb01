"""`srbench datasets import`: verify a dataset on disk against its card, then copy it atomically."""

import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from srbench.api import Listing, Progress, Sample
from srbench.cards import DatasetCard, Entry
from srbench.datasets.find import checked_listing
from srbench.errors import DatasetError, NotImportedError, RequestError, SRBenchError
from srbench.files import data_home, read_identified, read_image


@dataclass(frozen=True)
class ImportReport:
    """Result of an import.

    Attributes:
        folder: Folder that the dataset was copied to.
        images: Number of HR images.
        verified: Whether the images were compared with the card's pixel hashes.
        differing: Ids of images with other pixels than the card lists, if the card allows them.
        lr_files: Number of ready-made LR files.
        splits: Images per split; empty for a dataset without splits.
    """

    folder: Path
    images: int
    verified: bool
    lr_files: int
    splits: Mapping[str, int]
    differing: tuple[str, ...] = ()


def import_dataset(
    entry: Entry[DatasetCard], source: Path, *, replace: bool = False, progress: Progress | None = None
) -> ImportReport:
    """Verify a dataset on disk against its card, then copy it to $SRBENCH_DATA.

    Every image is decoded and compared with the card's pixel hash, if any, so that a PNG and a BMP of the same image
    are both accepted; other pixels are an error unless the card's `other_pixels` is `warn`. Files are copied beside the
    target and moved in one step.

    Args:
        entry: The dataset's card.
        source: The dataset's folder in its usual layout, or the parent of that folder.
        replace: Replace an earlier import.
        progress: Called after each image.

    Raises:
        RequestError: The dataset needs no import, or is already imported.
        DatasetError: Images are missing, unknown, damaged or different; all are named.
    """
    card = entry.card
    target = refuse_target(card, replace=replace)
    if not source.is_dir():
        raise DatasetError(f"{source}: no such folder; give the folder that holds {card.title}")
    root = source / card.folder if (source / card.folder).is_dir() else source
    splits = _every_split(entry, root)
    samples = tuple(sample for listing in splits.values() for sample in listing.samples)
    companions = tuple(dict.fromkeys(path for listing in splits.values() for path in listing.companions))
    listing = Listing(samples, companions)
    differing = _verify(card, listing, progress)
    files = [path for sample in listing.samples for path in (sample.hr, *sample.lr.values())] + [*listing.companions]
    _install(files, root, target)
    lr_files = sum(len(sample.lr) for sample in listing.samples)
    counts = {name: len(one.samples) for name, one in splits.items() if name}
    return ImportReport(target, len(listing.samples), bool(card.pixels), lr_files, counts, differing)


def _every_split(entry: Entry[DatasetCard], root: Path) -> dict[str, Listing]:
    """Return listings by split; splits other than the first may be absent. Reads the labels to check them."""
    found = {next(iter(entry.card.splits), ""): checked_listing(entry, root)}
    for split in list(entry.card.splits)[1:]:
        with suppress(NotImportedError):
            found[split] = checked_listing(entry, root, split)
    for listing in found.values():
        if listing.labels is not None:
            listing.labels()
    return found


def refuse_target(card: DatasetCard, *, replace: bool) -> Path:
    """Return the folder to import a dataset into.

    Raises:
        RequestError: The dataset needs no import, or is already imported and `replace` is False.
    """
    if not card.folder:
        raise RequestError(f"{card.name} comes with an installed package; there is nothing to import")
    target = data_home() / card.folder
    if target.exists() and not replace:
        raise RequestError(f"{card.name}: already imported at {target}; add --replace to import it again")
    return target


def _verify(card: DatasetCard, listing: Listing, progress: Progress | None) -> tuple[str, ...]:
    """Decode all images, and return the ids of those with other pixels than the card lists, if it allows them."""
    problems: list[str] = []
    differing: list[str] = []
    for done, sample in enumerate(listing.samples, start=1):
        try:
            image, sha256, *_ = read_identified(sample.hr)
        except SRBenchError as error:
            problems.append(str(error))
        else:
            if card.pixels and sha256 != card.pixels[sample.id]:
                if card.other_pixels == "warn":
                    differing.append(sample.id)
                else:
                    problems.append(f"{sample.id}: other pixels than {card.title}'s")
            problems += _lr_problems(sample, image.shape)
        if progress:
            progress(done, len(listing.samples))
    if problems:
        raise DatasetError(f"{card.name}: nothing was imported; {len(problems)} images fail: {'; '.join(problems)}")
    return tuple(differing)


def _lr_problems(sample: Sample, hr_shape: tuple[int, ...]) -> list[str]:
    """Return the errors in an image's ready-made LR files."""
    problems: list[str] = []
    for scale, path in sample.lr.items():
        expected = tuple(side // scale for side in hr_shape[1:])
        try:
            found = read_image(path).shape[1:]
        except SRBenchError as error:
            problems.append(str(error))
        else:
            if found != expected:
                problems.append(f"{path.name} is {found[1]}×{found[0]}, expected {expected[1]}×{expected[0]}")
    return problems


def _swap(fresh: Path, target: Path, old: Path) -> None:
    """Replace a folder by another; if that fails, restore the old one."""
    if not target.exists():
        fresh.rename(target)
        return
    target.rename(old)
    try:
        fresh.rename(target)
    except OSError:
        old.rename(target)
        raise


def _install(files: list[Path], root: Path, target: Path) -> None:
    """Copy into a hidden folder beside the target, then rename; a killed import may leave it, with the old dataset."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as staging:
            fresh = Path(staging) / "new"
            for path in files:
                copy = fresh / path.relative_to(root)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, copy)
            _swap(fresh, target, Path(staging) / "old")
    except OSError as error:
        raise DatasetError(f"{target}: cannot be written ({error.strerror or error}); nothing was imported") from error
