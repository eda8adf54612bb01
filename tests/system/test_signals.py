"""Signals at random moments: what was scored is kept, and the same command completes the run as if none had come."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from processes import Forked, install_pack
from signals import sent, unbroken


def test_runs_that_signals_end_at_random_moments_are_resumed_as_if_unbroken(tmp_path):
    """The long form, `python tests/support/signals.py 200`, has more kinds of runs, each started as a user does."""
    install_pack(tmp_path)
    with (
        closing(Forked(tmp_path / "one")) as one,
        closing(Forked(tmp_path / "two")) as two,
        ThreadPoolExecutor() as pool,
    ):
        known = unbroken(tmp_path, ["one slow image"], one)
        jobs = [pool.submit(sent, 3, seed, tmp_path, known, forked) for seed, forked in ((7, one), (8, two))]
        figures = jobs[0].result()
        figures.add(jobs[1].result())
    assert figures.problems == figures.missing == figures.differing == []
    assert figures.signals.total() == 6
