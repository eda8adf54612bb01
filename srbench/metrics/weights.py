"""Weight files of metrics: obtained as those of methods are, and cut down to the tensors that a metric needs.

LPIPS's files come with a classifier that is nine tenths of them. Of a file whose card says which `tensors` are needed,
these are cut out into the cache, as safetensors, with a note of their sha256 and of the whole file's.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock

from srbench.cards import MetricFile
from srbench.errors import RequestError, WeightsError
from srbench.files import (
    WeightFile,
    atomic_write,
    cache_home,
    combine,
    file_identity,
    file_sha256,
    page_hint,
    read_tensors,
)


@dataclass(frozen=True)
class MetricWeights:
    """A metric's weight file, and where it may be.

    Attributes:
        entry: What the card says of the file.
        metric: The metric's name, such as `lpips:vgg` or, with a user's own file, `lpips:vgg@mine`.
        folder: Folder of the card.
        owner: Distribution that ships the card.
        given: The user's file; None to use the shipped one, or to download it.
        own: Whether the user's file is another than the card's, under a name of its own.
    """

    entry: MetricFile
    metric: str
    folder: Path
    owner: str
    given: Path | None = None
    own: bool = False
    _failures: dict[str, WeightsError] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def _file(self) -> WeightFile:
        return WeightFile(self.entry, self.metric, self.folder, self.owner, self.given, self._failures)

    def refuse_other(self) -> None:
        """Raise RequestError if the user's file is not the card's, unless it has a name of its own."""
        if self.given is None or self.own:
            return
        digest = file_identity(self.given)
        if not self.entry.urls:
            raise RequestError(f"{self.metric}: its file is shipped; leave out --weights {self.metric}={self.given}")
        if not digest.startswith(self.entry.sha256):
            raise RequestError(
                f"{self.given}: is not {self.metric}'s file{page_hint(self.given)}: sha256 is {digest[:16]}…, its card "
                f"lists {self.entry.sha256[:16]}; ask for {self.metric}@mine to use another file under another name"
            )

    def identity(self) -> str:
        """Return the sha256 of the whole file, which is obtained if the card has only the first digits."""
        return file_identity(self.given) if self.own and self.given else self._file.identity()

    def obtain(self) -> Path:
        """Return the path of the verified file, or of the tensors that are cut out of it.

        Raises:
            WeightsError: The file is missing, cannot be downloaded or read, or is not the card's.
        """
        tensors = self.entry.tensors
        if tensors is None:
            return self.given if self.own and self.given else self._file.obtain()
        whole = self.identity()
        folder = cache_home() / "weights" / whole[:16]
        path = folder / f"{self._stem}-{combine(tensors=tensors)[:8]}.safetensors"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(folder / ".tensors.lock")
        except OSError as error:
            raise WeightsError(
                f"{folder}: cannot be used as a cache ({error.strerror}); change SRBENCH_CACHE"
            ) from error
        with lock:
            if not _is_sound(path, whole):
                _cut_out(self._whole_file(), path, tensors, whole)
        return path

    @property
    def _stem(self) -> str:
        return (self.given if self.own and self.given else Path(self.entry.file)).stem

    def _whole_file(self) -> Path:
        """Return the user's file, which must be the card's unless it has a name of its own, or the cached one."""
        if self.given is None:
            return self._file.obtain()
        if not self.own:
            self._file.refuse_other(self.given)
        return self.given


def _is_sound(path: Path, whole: str) -> bool:
    """Whether a file of tensors is what was cut out of the file of a sha256."""
    with suppress(OSError, ValueError):
        return _note(path).read_text(encoding="ascii").split() == [file_sha256(path), whole]
    return False


def _note(path: Path) -> Path:
    """Path of the note that holds the sha256 of a file of tensors, and that of the file they were cut out of."""
    return path.with_name(f"{path.name}.sha256")


def _cut_out(file: Path, path: Path, beginning: str, whole: str) -> None:
    """Write the tensors of a weight file whose names have a certain beginning, as safetensors."""
    from safetensors.torch import save_file

    kept = {name: tensor for name, tensor in read_tensors(file).items() if name.startswith(beginning)}
    if not kept:
        raise WeightsError(f"{file.name}: holds no tensors called {beginning}…; get the file that the card names")
    try:
        with atomic_write(path) as partial:
            save_file({name: tensor.contiguous() for name, tensor in kept.items()}, partial)
        with atomic_write(_note(path)) as partial:
            partial.write_text(f"{file_sha256(path)}\n{whole}\n", encoding="ascii")
    except OSError as error:
        raise WeightsError(f"{path}: the weights cannot be kept ({error.strerror}); change SRBENCH_CACHE") from error
