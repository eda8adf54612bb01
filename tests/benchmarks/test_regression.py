"""The check for slowdowns with a real clock: it finds a planted one, and does not cry wolf."""

from __future__ import annotations

import pytest
from helpers import work

from srbench.harness.regression.baseline import Baseline
from srbench.harness.regression.cases import Case
from srbench.harness.regression.check import LIMIT, check
from srbench.harness.regression.ratio import measure

CLEAN = Case("work", work(10), work(7))
SLOWED = Case("work", work(13), work(7))


@pytest.fixture(scope="module")
def baseline():
    return Baseline({"work": measure(CLEAN, rounds=41)}, {"processor": "this"})


def test_a_planted_slowdown_of_30_percent_is_caught(baseline):
    (finding,) = check([SLOWED], baseline)
    assert finding.verdict == "slower"
    assert finding.low > LIMIT


def test_ten_clean_repeats_do_not_cry_wolf(baseline):
    verdicts = [finding.verdict for _ in range(10) for finding in check([CLEAN], baseline)]
    assert len(verdicts) == 10
    assert "slower" not in verdicts


def test_twice_as_fast_is_said(baseline):
    (finding,) = check([Case("work", work(5), work(7))], baseline)
    assert finding.verdict == "faster"
