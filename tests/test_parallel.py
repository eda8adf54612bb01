"""Loops in bands over cores, and work ahead: in order, never further than said, and errors where they belong."""

from __future__ import annotations

import os
import signal
import threading
import time

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from srbench import parallel as machinery
from srbench.parallel import banded, banded_planes, cores, plain, prefetch
from srbench.protocols import luma


def test_results_come_in_order_whatever_takes_longest():
    def slow_when_even(item):
        time.sleep(0.01 if item % 2 == 0 else 0)
        return item * 10

    assert list(prefetch(slow_when_even, range(9), 3)) == [item * 10 for item in range(9)]


def test_no_more_is_made_than_may_wait():
    begun = []
    results = prefetch(lambda item: begun.append(item) or item, range(100), 2)
    for used in range(10):
        assert next(results) == used
        time.sleep(0.005)
        assert len(begun) <= used + 1 + 2
    results.close()
    assert len(begun) < 20


def test_an_error_comes_where_its_result_would_have():
    def fail_at_three(item):
        if item == 3:
            raise ValueError("three")
        return item

    results = prefetch(fail_at_three, range(10), 2)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="three"):
        next(results)


def test_no_thread_is_left_behind():
    results = prefetch(lambda item: item, range(100), 2)
    next(results)
    results.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("srbench-ahead")]


def test_nothing_in_nothing_out():
    assert list(prefetch(lambda item: item, [], 2)) == []


@given(rows=st.integers(1, 500), planes=st.integers(1, 4))
def test_bands_cover_every_row_once(rows, planes):
    found = banded(lambda start, stop: list(range(start, stop)), rows)
    assert [row for band in found for row in band] == list(range(rows))
    by_plane = banded_planes(lambda plane, start, stop: [(plane, row) for row in range(start, stop)], planes, rows)
    assert [[item for band in bands for item in band] for bands in by_plane] == [
        [(plane, row) for row in range(rows)] for plane in range(planes)
    ]


def test_what_a_band_raises_is_raised():
    def fail(start, stop):
        raise ValueError(f"{start}")

    with pytest.raises(ValueError, match="0"):
        banded(fail, 500)


def test_a_forked_process_starts_threads_of_its_own(photo):
    """It would otherwise wait for ever for its parent's."""
    if not hasattr(os, "fork"):
        pytest.skip("no fork here")
    expected = luma(photo(64, 64))
    child = os.fork()
    if child == 0:
        os._exit(0 if np.array_equal(luma(photo(64, 64)), expected) else 1)
    for _ in range(200):
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            break
        time.sleep(0.05)
    else:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        pytest.fail("the child waits for ever")
    assert status == 0


def test_cores_are_those_the_process_may_use(monkeypatch):
    cores.cache_clear()
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert cores() == 1
    cores.cache_clear()
    monkeypatch.setenv("OMP_NUM_THREADS", "100000")
    assert 1 <= cores() < 100000
    cores.cache_clear()


def test_an_array_that_is_plain_already_is_not_copied():
    array = np.zeros((3, 4))
    assert plain(array) is array
    assert plain(array.T).flags.c_contiguous
    assert plain(array, np.float32).dtype == np.float32


def test_without_a_folder_to_keep_it_in_a_loop_is_compiled_all_the_same(monkeypatch):
    """What numba says where neither the source's folder nor the user's cache can be written."""
    real = numba.njit

    def njit(**options):
        if options.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return real(**options)

    monkeypatch.setattr(numba, "njit", njit)

    @machinery.compiled()
    def double(values):
        return values.sum() * 2

    assert double(np.ones(3)) == 6
