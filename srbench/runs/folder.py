"""The run folder and the only code that writes it.

`run.json` describes the run, `records.jsonl` grows by a line per scored image, `leaderboard.csv` and `leaderboard.md`
are written at the end. An incomplete last line, left by a killed process, is cut off when the folder is reopened.
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
    """A run folder, locked while open; `held` is the `run.json` found when it was opened, None in a new folder."""

    def __init__(self, folder: Path, plan: PlanDescription) -> None:
        """Open a run folder, or create it.

        Raises:
            OutputError: The folder cannot be written, is in use, or holds a run of another plan or other files.
            StoreError: The records in the folder cannot be read.
        """
        super().__init__()
        self.folder = folder
        self._verified: set[tuple[str, str]] = set()
        _refuse_foreign(folder)  # before a lock file is created there
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
        for partial in self.folder.rglob(".*.part"):  # left by a killed write
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
        """Append a record's line to `records.jsonl`; remove the line again if it cannot be written completely.

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
        """Whether a record's upscaled image and the HR compared with it are saved with unchanged pixels."""
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
        """Write an image atomically to a path relative to the run folder.

        Raises:
            StoreError: The image could not be written.
        """
        try:
            self._verified = {entry for entry in self._verified if entry[0] != file}
            write_image(self.folder / file, image)
        except ImageError as error:
            raise StoreError(
                f"{error}; the {len(self.records())} finished records are kept: make room and run the same command "
                "again"
            ) from error

    def write_run(self, description: RunDescription) -> None:
        """Replace `run.json`, keeping the time of the first start.

        Raises:
            StoreError: The file cannot be written.
        """
        if self.held is not None:
            description = description.model_copy(update={"started": self.held.started})
        write_text(self.folder / RUN_FILE, description.to_json(), StoreError)

    def close(self) -> None:
        """Flush the records to disk and release the folder's lock."""
        try:
            os.fsync(self._file)
        except OSError as error:
            raise StoreError(f"{self.folder}: records cannot be flushed to disk ({error.strerror})") from error
        finally:
            os.close(self._file)
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
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
        raise OutputError(f"{folder}: is a file; name a folder with --output")
    if folder.is_dir() and not (folder / RUN_FILE).exists() and any(_is_foreign(path) for path in folder.iterdir()):
        raise OutputError(f"{folder}: holds files but no srbench run; choose an empty or new --output")


def _is_foreign(path: Path) -> bool:
    """Whether a file cannot be left over from a run that was killed before it wrote `run.json`."""
    begun = path.name == RECORDS_FILE and path.stat().st_size == 0
    return not begun and not path.name.startswith(".")


def _committed_size(file: int) -> int:
    """Bytes up to and including the last line feed."""
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
