"""On-disk cache of predictions on HR images, which are the same in every run.

The cache is an SQLite file of at most 256 MiB, from which the oldest predictions are dropped. Damage to the file costs
time and nothing else: a prediction that cannot be read is computed again, one that cannot be stored is not stored.
"""

import hashlib
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from srbench.errors import RequestError
from srbench.files import cache_home

_LIMIT = 2**28
"""Largest size of the file, in bytes: 1,000 classes of 60,000 images."""

_PATIENCE = 5.0  # seconds to wait while another process writes

_ERRORS = (OSError, sqlite3.Error, UnicodeError)  # the last for a message of SQLite's that quotes damaged text

_NOT_DAMAGE = frozenset(
    getattr(sqlite3, f"SQLITE_{name}")
    for name in ("PERM", "BUSY", "LOCKED", "NOMEM", "READONLY", "IOERR", "FULL", "CANTOPEN", "PROTOCOL")
)
"""SQLite's codes for errors not of the file itself; all others mean damage, or columns of an earlier version."""

_TABLE = """CREATE TABLE IF NOT EXISTS logits (
    number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, value BLOB NOT NULL, digest BLOB NOT NULL
)"""
_SELECT = "SELECT value, digest FROM logits WHERE key = ?"
_INSERT = "INSERT OR REPLACE INTO logits (key, value, digest) VALUES (?, ?, ?)"
_DROP_OLDEST = """DELETE FROM logits WHERE number < (
    SELECT number FROM logits ORDER BY number LIMIT 1 OFFSET (SELECT COUNT(*) / 4 FROM logits)
)"""


class PredictionCache:
    """A file of logits, by hashes of image pixels and classifier, for several processes at once.

    No error is raised; the first one is described on stderr. A damaged file is deleted, to be started anew. A file that
    cannot be read is not read again, one that cannot be written is not written again by this object.
    """

    def __init__(self, path: Path | None = None, limit: int = _LIMIT) -> None:
        """Use a file of at most `limit` bytes; by default `predictions.sqlite` in srbench's cache folder."""
        self._path = path or Path("predictions.sqlite")
        self._limit = limit
        self._readable = self._writable = True
        self._told = False
        try:
            self._path = path or cache_home() / self._path
        except RequestError as error:
            self._readable = self._writable = False
            self._tell(f"cannot be used ({error})")

    def get(self, key: str) -> NDArray[np.float32] | None:
        """Return the logits stored under a key, float32, (K,) for K classes; None if there are none."""
        if not self._readable:
            return None
        try:
            if not self._path.exists():
                return None
            with closing(self._connect()) as connection:
                value, digest = connection.execute(_SELECT, (key,)).fetchone() or (None, None)
        except _ERRORS as error:
            self._readable = self._recovered(error)
            return None
        # SQLite notices damage to its own structures, the digest damage to the value.
        if not isinstance(value, bytes) or digest != _digest(key, value):
            return None
        return np.frombuffer(value, np.float32)

    def put(self, found: dict[str, NDArray[np.float32]]) -> None:
        """Store logits by key, and drop the oldest if the file has become too large."""
        if not self._writable or not found:
            return
        values = {key: value.astype(np.float32).tobytes() for key, value in found.items()}
        rows = [(key, value, _digest(key, value)) for key, value in values.items()]
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with closing(self._connect()) as connection, connection:
                connection.executemany(_INSERT, rows)
                if self._bytes(connection) > self._limit:
                    connection.execute(_DROP_OLDEST)
        except _ERRORS as error:
            self._writable = self._recovered(error)

    def _connect(self) -> sqlite3.Connection:
        """Open the file; a missing one is created."""
        connection = sqlite3.connect(self._path, timeout=_PATIENCE)
        try:
            connection.execute(_TABLE)
        except _ERRORS:
            connection.close()
            raise
        return connection

    @staticmethod
    def _bytes(connection: sqlite3.Connection) -> int:
        """Size of the used part of the file; the rest is used again before the file grows."""
        pages, free, size = (
            int(connection.execute(f"PRAGMA {name}").fetchone()[0])
            for name in ("page_count", "freelist_count", "page_size")
        )
        return (pages - free) * size

    def _recovered(self, error: Exception) -> bool:
        """Delete the file if it is damaged, and return whether it was; tell the user once."""
        damaged = not isinstance(error, OSError) and getattr(error, "sqlite_errorcode", 0) & 0xFF not in _NOT_DAMAGE
        try:
            if damaged:
                for end in ("", "-journal", "-wal", "-shm"):
                    self._path.with_name(self._path.name + end).unlink(missing_ok=True)
        except OSError as problem:
            damaged, error = False, problem
        self._tell("was damaged or of another version" if damaged else f"cannot be used ({error})")
        return damaged

    def _tell(self, what: str) -> None:
        if not self._told:
            self._told = True
            print(f"note: {self._path}: the cache of predictions {what}; they are computed again", file=sys.stderr)


def _digest(key: str, value: bytes) -> bytes:
    return hashlib.sha256(key.encode() + b" " + value).digest()[:8]
