"""The run folder and the only code that writes it.

`run.json` describes the run, `records.jsonl` grows by a line per scored image, `leaderboard.csv` and `leaderboard.md`
are written at the end. An incomplete last line, left by a killed process, is cut off when the folder is reopened, and
lines that were altered are removed by name. Methods run in this process, so the folder may be deleted, or its file
closed, replaced or cut by one of them: it is then written again from memory.
"""

import os
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import FileLock, Timeout

from srbench.api import Image
from srbench.errors import ImageError, OutputError, StoreError
from srbench.files import read_identified, shown, write_image, write_text
from srbench.runs.description import RunDescription
from srbench.runs.plan import PlanDescription
from srbench.runs.reading import RECORDS_FILE, RUN_FILE, read_records, read_run
from srbench.runs.record import MemoryStore, Record, RecordKey

_LOCK = ".lock"


class RunStore(MemoryStore):
    """A run folder, locked while open.

    Attributes:
        folder: Absolute path of the folder.
        held: The `run.json` found when the folder was opened; None in a new folder.
        damaged: Lines of `records.jsonl` that were removed, each with the reason; their images are scored again.
    """

    def __init__(self, folder: Path, plan: PlanDescription) -> None:
        """Open a run folder, or create it.

        Raises:
            OutputError: The folder cannot be written, is in use, or holds a run of another plan or other files.
            StoreError: The records in the folder cannot be read.
        """
        super().__init__()
        self.folder = folder.absolute()
        self._verified: dict[str, str] = {}
        _refuse_foreign(folder)  # before a lock file is created there
        self._lock = _locked(folder)
        try:
            self.held = read_run(folder) if os.path.lexists(folder / RUN_FILE) else None
            self._description = self.held
            self._refuse_other_plan(folder, plan)
            self._reopen()
        except BaseException:
            self._lock.release()
            raise

    def _refuse_other_plan(self, folder: Path, plan: PlanDescription) -> None:
        if self.held is not None and (different := plan.differs_from(self.held.plan)):
            held = ",".join(self.held.plan.metrics)
            more = f"; or ask for --metrics {held}, to which srbench rescore adds" if different[:7] == "metrics" else ""
            raise OutputError(f"{folder}: holds a run of another plan ({different}); choose another --output{more}")

    def _reopen(self) -> None:
        for partial in self.folder.rglob(".*.part"):  # left by a killed write
            partial.unlink(missing_ok=True)
        records, self.damaged = read_records(self.folder)
        for record in records:
            super().append(record)
        if self.damaged:
            self._rewrite()
        self._open()

    def _open(self) -> None:
        """Open `records.jsonl` behind its last complete line."""
        path = self.folder / RECORDS_FILE
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise OutputError(f"{path}: cannot be written ({error.strerror})") from error
        self._size = _committed_size(self._file)
        os.ftruncate(self._file, self._size)
        os.lseek(self._file, self._size, os.SEEK_SET)
        self._inode = _inode(self._file)

    def _rewrite(self) -> None:
        """Write all records to a new `records.jsonl`."""
        lines = "".join(f"{record.to_json()}\n" for record in self.records())
        write_text(self.folder / RECORDS_FILE, lines, StoreError)

    def compact(self) -> None:
        """Write `records.jsonl` anew, one line a record; raise StoreError if it cannot be written."""
        with self._guard:
            self._recover()
            self._rewrite()
            os.close(self._file)
            self._open()

    def append(self, record: Record) -> None:
        """Append a record's line to `records.jsonl`; remove the line again if it cannot be written completely.

        Raises:
            StoreError: The line could not be written.
        """
        line = record.to_json().encode() + b"\n"
        with self._guard:
            self._recover()
            try:
                written = 0
                while written < len(line):
                    written += os.write(self._file, line[written:])
            except OSError as error:
                os.ftruncate(self._file, self._size)
                os.lseek(self._file, self._size, os.SEEK_SET)
                raise StoreError(
                    f"{shown(self.folder)}: cannot write records ({error.strerror}); {self._kept()}"
                ) from error
            self._size += len(line)
            super().append(record)

    def _kept(self) -> str:
        return f"the {len(self._current)} finished records are kept: make room and run the same command again"

    def _recover(self) -> None:
        """Continue after a method of this process closed or changed the file, or deleted or moved the folder."""
        path = self.folder / RECORDS_FILE
        open_file, there = _inode(self._file), _inode(path)
        whole = there == self._inode and path.stat().st_size == self._size
        if whole and open_file == there:
            return
        if open_file == self._inode:
            os.close(self._file)  # else the number may be another file's by now
        with suppress(OSError):
            self._lock.release(force=True)
        self._lock = _locked(self.folder)
        self._verified.clear()
        if not whole:
            what = f"{shown(self.folder)} was deleted" if there is None else f"{path} was changed"
            print(f"note: {what} during the run; its records are written again", file=sys.stderr)
            self._rewrite()
            if self._description is not None:
                self.write_run(self._description)
        self._open()

    def saved(self, key: RecordKey, result: str, reference: str) -> bool:
        """Whether a record's upscaled image and the HR compared with it are saved with unchanged pixels."""
        record = self._current.get(key)
        if record is None or not record.image_sha256:
            return False
        return self._holds(result, record.image_sha256) and self._holds(reference, record.reference_sha256)

    def _holds(self, file: str, sha256: str) -> bool:
        if self._verified.get(file) == sha256:  # one reference serves every method
            return True
        try:
            found = read_identified(self.folder / file)[1]
        except ImageError:
            return False
        self._verified[file] = found
        return found == sha256

    def save(self, file: str, image: Image) -> None:
        """Write an image atomically to a path relative to the run folder.

        Raises:
            StoreError: The image could not be written.
        """
        self._verified.pop(file, None)
        try:
            write_image(self.folder / file, image)
        except ImageError as error:
            raise StoreError(f"{error}; {self._kept()}") from error

    def write_run(self, description: RunDescription) -> None:
        """Replace `run.json`, keeping the time of the first start.

        Raises:
            StoreError: The file cannot be written.
        """
        if self.held is not None:
            description = description.model_copy(update={"started": self.held.started})
        with self._guard:
            self._description = description
            write_text(self.folder / RUN_FILE, description.to_json(), StoreError)

    def close(self) -> None:
        """Flush the records to disk and release the folder's lock."""
        try:
            with self._guard:
                self._recover()
                os.fsync(self._file)
        except OSError as error:
            raise StoreError(f"{shown(self.folder)}: records cannot be flushed to disk ({error.strerror})") from error
        finally:
            with suppress(OSError):
                os.close(self._file)
            with suppress(OSError):
                self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _inode(file: int | Path) -> tuple[int, int] | None:
    """Device and number that identify a file; None if there is none, or the descriptor is closed."""
    try:
        found = os.fstat(file) if isinstance(file, int) else file.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _locked(folder: Path) -> FileLock:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / _LOCK, timeout=0, thread_local=False)  # records are stored in another thread
        lock.acquire()
    except Timeout:
        raise OutputError(f"{folder}: in use by another srbench run; wait for it, or choose another --output") from None
    except OSError as error:
        raise OutputError(f"{folder}: cannot be used as a run folder ({error.strerror or error})") from error
    return lock


def _refuse_foreign(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder}: is a file; name a folder with --output")
    if (
        folder.is_dir()
        and not os.path.lexists(folder / RUN_FILE)
        and any(_is_foreign(path) for path in folder.iterdir())
    ):
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
