"""The run folder and the only code that writes it.

`run.json` says what the run is, `records.jsonl` grows by a line per image as it is scored, `leaderboard.csv` and
`leaderboard.md` are written at the end. A line counts once its line feed is in the file: what a killed process left
behind the last one is cut off when the folder is opened again. The disk is asked to keep it when the run ends.
"""

import os
from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import FileLock, Timeout

from srbench.api import Image
from srbench.errors import ImageError, OutputError, StoreError
from srbench.files import read_identified, write_image, write_text
from srbench.runs.description import RunDescription
from srbench.runs.plan import PlanDescription
from srbench.runs.reading import RECORDS_FILE, RUN_FILE, read_records, read_run
from srbench.runs.record import MemoryStore, Record, RecordKey

_LOCK = ".lock"


class RunStore(MemoryStore):
    """A run folder, locked while it is open.

    Attributes:
        folder: Where it is.
        held: What an earlier run into the folder left in `run.json`; None in a new folder.
    """

    def __init__(self, folder: Path, plan: PlanDescription) -> None:
        """Open a run folder, or begin one.

        Args:
            folder: Created where it does not exist.
            plan: What identifies the run; a folder that holds another plan is refused.

        Raises:
            OutputError: The folder cannot be written, is in use, holds another plan, or something that is no run.
            StoreError: Its records cannot be read.
        """
        super().__init__()
        self.folder = folder
        self._verified: set[tuple[str, str]] = set()
        _refuse_foreign(folder)  # before a lock file is put there
        self._lock = _locked(folder)
        try:
            self.held = read_run(folder) if (folder / RUN_FILE).exists() else None
            self._refuse_other_plan(plan)
            self._reopen()
        except BaseException:
            self._lock.release()
            raise

    def _refuse_other_plan(self, plan: PlanDescription) -> None:
        if self.held is not None and (different := plan.differs_from(self.held.plan)):
            raise OutputError(f"{self.folder}: holds a run of another plan ({different}); choose another --output")

    def _reopen(self) -> None:
        for partial in self.folder.rglob(".*.part"):  # of a write that was killed
            partial.unlink(missing_ok=True)
        path = self.folder / RECORDS_FILE
        for record in read_records(self.folder) if path.exists() else []:
            super().append(record)
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise OutputError(f"{path}: cannot be written ({error.strerror})") from error
        self._size = _committed_size(self._file)
        os.ftruncate(self._file, self._size)
        os.lseek(self._file, self._size, os.SEEK_SET)

    def append(self, record: Record) -> None:
        """Write a record's line, and only then count it; a line that does not fit on the disk is taken back.

        Raises:
            StoreError: The line could not be written.
        """
        line = record.to_json().encode() + b"\n"
        try:
            written = 0
            while written < len(line):
                written += os.write(self._file, line[written:])
        except OSError as error:
            os.ftruncate(self._file, self._size)
            os.lseek(self._file, self._size, os.SEEK_SET)
            raise StoreError(
                f"{self.folder}: cannot write records ({error.strerror}); the {len(self.records())} finished ones are "
                "kept: make room and run the same command again"
            ) from error
        self._size += len(line)
        super().append(record)

    def saved(self, key: RecordKey, result: str, reference: str) -> bool:
        """Whether the record's result and what it is compared with were saved, and still are those pixels."""
        record = self._current.get(key)
        if record is None or not record.image_sha256:
            return False
        return self._holds(result, record.image_sha256) and self._holds(reference, record.reference_sha256)

    def _holds(self, file: str, sha256: str) -> bool:
        if (file, sha256) not in self._verified:  # one reference serves every method
            try:
                if read_identified(self.folder / file)[1] != sha256:
                    return False
            except ImageError:
                return False
            self._verified.add((file, sha256))
        return True

    def save(self, file: str, image: Image) -> None:
        """Write an image, whole or not at all.

        Raises:
            StoreError: It could not be written.
        """
        try:
            self._verified = {seen for seen in self._verified if seen[0] != file}
            write_image(self.folder / file, image)
        except ImageError as error:
            raise StoreError(
                f"{error}; the {len(self.records())} finished records are kept: make room and run the same command "
                "again"
            ) from error

    def write_run(self, description: RunDescription) -> None:
        """Replace `run.json`, keeping the time of the first start.

        Raises:
            StoreError: It cannot be written.
        """
        if self.held is not None:
            description = description.model_copy(update={"started": self.held.started})
        write_text(self.folder / RUN_FILE, description.to_json(), StoreError)

    def close(self) -> None:
        """Flush to the disk and let go of the folder."""
        try:
            os.fsync(self._file)
        except OSError as error:
            raise StoreError(f"{self.folder}: the disk did not take the records ({error.strerror})") from error
        finally:
            os.close(self._file)
            self._lock.release()

    def __enter__(self) -> Self:
        """The store itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close, whatever happened."""
        self.close()


def _locked(folder: Path) -> FileLock:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / _LOCK, timeout=0)
        lock.acquire()
    except Timeout:
        raise OutputError(f"{folder}: in use by another srbench run; wait for it, or choose another --output") from None
    except OSError as error:
        raise OutputError(f"{folder}: cannot be used as a run folder ({error.strerror or error})") from error
    return lock


def _refuse_foreign(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder}: is a file; --output names a folder")
    if folder.is_dir() and not (folder / RUN_FILE).exists() and any(_is_foreign(path) for path in folder.iterdir()):
        raise OutputError(f"{folder}: holds files but no srbench run; choose an empty or new --output")


def _is_foreign(path: Path) -> bool:
    """Whether a file is none that a run killed before its `run.json` was written leaves behind."""
    begun = path.name == RECORDS_FILE and path.stat().st_size == 0
    return not begun and not path.name.startswith(".")


def _committed_size(file: int) -> int:
    """Bytes up to and with the last line feed."""
    end = os.lseek(file, 0, os.SEEK_END)
    block = 4096
    while end > 0:
        start = max(0, end - block)
        os.lseek(file, start, os.SEEK_SET)
        found = os.read(file, end - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0
