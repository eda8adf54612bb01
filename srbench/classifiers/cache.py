"""On-disk cache of predictions on HR images, which are the same in every run."""

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from srbench.errors import RequestError
from srbench.files import cache_home


class PredictionCache:
    """A file of logits, by hashes of image pixels and classifier; if it cannot be written, nothing is cached."""

    def __init__(self, path: Path | None = None) -> None:
        """Open the file, or create a missing one; by default `predictions.sqlite` in srbench's cache folder."""
        self._usable = True
        try:
            self._path = path or cache_home() / "predictions.sqlite"
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with closing(self._connect()) as connection, connection:
                connection.execute("CREATE TABLE IF NOT EXISTS logits (key TEXT PRIMARY KEY, value BLOB NOT NULL)")
        except (RequestError, OSError, sqlite3.Error):
            self._usable = False

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=5)

    def get(self, key: str) -> NDArray[np.float32] | None:
        """Return the logits stored under a key, float32, (K,) for K classes; None if there are none."""
        if not self._usable:
            return None
        with suppress(sqlite3.Error), closing(self._connect()) as connection:
            row = connection.execute("SELECT value FROM logits WHERE key = ?", (key,)).fetchone()
            if row is not None:
                return np.frombuffer(row[0], np.float32)
        return None

    def put(self, found: dict[str, NDArray[np.float32]]) -> None:
        """Store logits by key; several processes may do so at once."""
        if not self._usable or not found:
            return
        rows = [(key, value.astype(np.float32).tobytes()) for key, value in found.items()]
        with suppress(sqlite3.Error), closing(self._connect()) as connection, connection:
            connection.executemany("INSERT OR REPLACE INTO logits VALUES (?, ?)", rows)
