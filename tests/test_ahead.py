"""Work ahead: in order, never further than said, and errors where they belong."""

from __future__ import annotations

import threading
import time

import pytest

from srbench.parallel import prefetch


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
