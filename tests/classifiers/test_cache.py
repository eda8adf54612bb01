"""The cache of predictions: bounded, shared by processes, and never the reason why a run fails or a figure is wrong."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

import srbench
from srbench.classifiers.cache import PredictionCache

CLASSES = 1000


def logits(number):
    return np.random.default_rng(number).normal(size=CLASSES).astype(np.float32)


def fill(cache, numbers):
    cache.put({f"image {number}": logits(number) for number in numbers})


def known(cache, numbers):
    """Which of them are cached; what is, must be right."""
    found = {number: cache.get(f"image {number}") for number in numbers}
    assert all(np.array_equal(value, logits(number)) for number, value in found.items() if value is not None)
    return [number for number, value in found.items() if value is not None]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "predictions.sqlite"


def test_predictions_are_found_by_other_processes(path, capsys):
    fill(PredictionCache(path), range(3))
    assert known(PredictionCache(path), range(5)) == [0, 1, 2]
    assert capsys.readouterr().err == ""


def test_the_oldest_are_dropped(path):
    limit = 2**18
    cache = PredictionCache(path, limit)
    for number in range(0, 300, 5):
        fill(cache, range(number, number + 5))
        assert path.stat().st_size <= limit * 1.2
    kept = known(cache, range(300))
    assert kept == list(range(kept[0], 300))
    assert len(kept) * CLASSES * 4 > limit / 2


def test_a_prediction_stored_again_is_new_again(path):
    cache = PredictionCache(path, 2**18)
    for numbers in (range(40), [0], range(40, 60), range(60, 70)):
        fill(cache, numbers)
    kept = known(cache, range(70))
    assert kept[0] == 0
    assert 1 not in kept


def damaged(path, change):
    data = bytearray(path.read_bytes())
    path.write_bytes(change(data))


DAMAGES = {
    "empty": lambda data: b"",
    "cut in the header": lambda data: data[:50],
    "cut after the header": lambda data: data[:100],
    "cut in a page": lambda data: data[: len(data) * 2 // 3 + 7],
    "cut between pages": lambda data: data[: len(data) // 2 // 4096 * 4096],
    "garbage": lambda data: b"garbage" * 1000,
    "zeros": lambda data: bytes(len(data)),
    "garbage in the middle": lambda data: data[:9000] + b"\xff" * 20_000 + data[29_000:],
    "a page at another place": lambda data: data[:4096] + data[8192:12288] + data[8192:],
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_file_is_computed_again(path, capsys, damage):
    fill(PredictionCache(path), range(20))
    damaged(path, damage)
    cache = PredictionCache(path)
    known(cache, range(20))
    fill(cache, range(20, 40))
    fill(cache, range(20, 40))
    assert known(cache, range(20, 40)) == list(range(20, 40))
    told = capsys.readouterr().err
    assert told.count("\n") <= 1
    assert not told or told.startswith(f"note: {path}: the cache of predictions was damaged")
    assert known(PredictionCache(path), range(20, 40)) == list(range(20, 40))


def test_no_flipped_bit_changes_a_prediction(path):
    fill(PredictionCache(path), range(4))
    whole = path.read_bytes()
    for place in range(0, len(whole), 307):
        data = bytearray(whole)
        data[place] ^= 1 << place % 8
        path.write_bytes(data)
        cache = PredictionCache(path)
        known(cache, range(4))
        fill(cache, [4])


def test_a_file_of_an_earlier_version_is_replaced(path, capsys):
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE logits (key TEXT PRIMARY KEY, value BLOB NOT NULL)")
        connection.execute("INSERT INTO logits VALUES ('image 0', ?)", (bytes(2**20),))
    cache = PredictionCache(path)
    assert known(cache, [0]) == []
    fill(cache, [0])
    assert known(cache, [0]) == [0]
    assert path.stat().st_size < 2**17
    assert "of another version" in capsys.readouterr().err


def unusable(cache, path, capsys, reason):
    fill(cache, range(3))
    fill(cache, range(3))
    known(cache, range(3))
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert told.startswith(f"note: {path}: the cache of predictions cannot be used (")
    assert reason in told


def test_a_folder_in_its_place(path, capsys):
    path.mkdir()
    unusable(PredictionCache(path), path, capsys, "unable to open database file")
    assert path.is_dir()


def test_a_file_in_place_of_its_folder(tmp_path, capsys):
    (tmp_path / "file").write_bytes(b"")
    path = tmp_path / "file" / "predictions.sqlite"
    unusable(PredictionCache(path), path, capsys, "File exists")


def test_a_cache_folder_that_cannot_be_looked_up(capsys, monkeypatch):
    monkeypatch.setenv("SRBENCH_CACHE", "x" * 5000)
    cache = PredictionCache()
    fill(cache, [0])
    assert known(cache, [0]) == []
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "the cache of predictions cannot be used (" in told


def with_pragma(monkeypatch, pragma):
    real = PredictionCache._connect

    def connect(self):
        connection = real(self)
        connection.execute(f"PRAGMA {pragma}")
        return connection

    monkeypatch.setattr(PredictionCache, "_connect", connect)


def test_a_cache_that_cannot_be_written_is_read(path, capsys, monkeypatch):
    fill(PredictionCache(path), [0])
    with_pragma(monkeypatch, "query_only = ON")
    cache = PredictionCache(path)
    unusable(cache, path, capsys, "attempt to write a readonly database")
    assert known(cache, range(3)) == [0]


def test_a_full_disk(path, capsys, monkeypatch):
    fill(PredictionCache(path), [0])
    with_pragma(monkeypatch, "max_page_count = 5")
    cache = PredictionCache(path)
    unusable(cache, path, capsys, "database or disk is full")
    assert 0 in known(cache, range(3))


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="this user may read everything")
def test_a_file_that_may_not_be_read(path, capsys):
    fill(PredictionCache(path), [0])
    path.chmod(0)
    unusable(PredictionCache(path), path, capsys, "unable to open database file")


def test_a_cache_that_another_process_holds(path, capsys, monkeypatch):
    fill(PredictionCache(path), [0])
    monkeypatch.setattr("srbench.classifiers.cache._PATIENCE", 0.01)
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN EXCLUSIVE")
        unusable(PredictionCache(path), path, capsys, "database is locked")
    assert known(PredictionCache(path), [0]) == [0]


WORKER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from test_cache import PredictionCache, fill, known
cache = PredictionCache(Path(sys.argv[2]), 2**20)
start = int(sys.argv[3])
for turn in range(40):
    if turn == 20 and start == 0:
        Path(sys.argv[2]).write_bytes(b"garbage" * 5000)
    fill(cache, range(start + turn, start + turn + 3))
    known(cache, range(50))
fill(cache, [start])
print(known(cache, [start]))
"""


def test_two_processes_at_once_and_damage_between(path):
    command = [sys.executable, "-c", WORKER, str(Path(__file__).parent), str(path)]
    started = [
        subprocess.Popen([*command, start], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for start in ("0", "10")
    ]
    for process in started:
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        assert err.count("\n") <= 1, err
    cache = PredictionCache(path)
    fill(cache, range(5))
    assert known(cache, range(5)) == [*range(5)]


def test_a_run_goes_on_without_its_cache(photos, tmp_path, monkeypatch, capsys):
    run = {"datasets": str(photos), "scale": 2, "classifiers": "celeba-attributes", "metrics": "l1"}
    whole = srbench.run("nearest", **run).leaderboard
    monkeypatch.setenv("SRBENCH_CACHE", str(tmp_path / "cache"))
    (tmp_path / "cache" / "predictions.sqlite").mkdir(parents=True)
    assert srbench.run("nearest", **run).leaderboard.equals(whole)
    assert capsys.readouterr().err.count("the cache of predictions cannot be used") == 1
