"""The check for slowdowns: its verdicts, by times that are given. With a real clock: tests/benchmarks."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace

import pytest
from helpers import work

from srbench.api import Summary
from srbench.errors import RequestError, SRBenchError
from srbench.harness.regression import baseline as storing
from srbench.harness.regression import check as regression
from srbench.harness.regression import ratio
from srbench.harness.regression.baseline import Baseline, merged, new_baseline, read_baseline, write_baseline
from srbench.harness.regression.cases import Case, calibration, watched_cases
from srbench.harness.regression.check import check
from srbench.harness.regression.ratio import measure
from srbench.timing.conditions import processor_name

CLEAN = Case("work", work(10), work(7))


def scripted(monkeypatch, *ratios):
    """Measurements that are told, (median, half width of the interval) each; and how many were taken."""
    left, taken = list(ratios), []

    def told(case, rounds):
        taken.append(rounds)
        median, half = left.pop(0)
        return Summary(median, median, median, median - half, median + half, rounds)

    monkeypatch.setattr(regression, "measure", told)
    return taken


STORED = Baseline({"work": Summary(1.0, 1.0, 1.0, 0.99, 1.01, 41)}, {})


@pytest.mark.parametrize(
    ("measured", "verdict", "rounds"),
    [
        ([(1.10, 0.01)], "same", [15]),
        ([(1.30, 0.02), (1.31, 0.02)], "slower", [15, 30]),
        ([(1.30, 0.02), (1.02, 0.02)], "same", [15, 30]),
        ([(1.30, 0.20), (1.30, 0.02), (1.29, 0.02)], "slower", [15, 30, 60]),
        ([(1.30, 0.20), (1.30, 0.20), (1.30, 0.20)], "unclear", [15, 30, 60]),
        ([(1.30, 0.02), (1.30, 0.20), (1.30, 0.02)], "unclear", [15, 30, 60]),
        ([(0.60, 0.02)], "faster", [15]),
    ],
)
def test_a_slowdown_must_be_found_twice_in_a_row(monkeypatch, measured, verdict, rounds):
    taken = scripted(monkeypatch, *measured)
    (finding,) = check([CLEAN], STORED)
    assert finding.verdict == verdict
    assert taken == rounds


def test_a_drift_of_the_machine_cancels(monkeypatch):
    """A machine that becomes three times as slow while it measures: every ratio is still 10 / 7."""
    now = {"factor": 1.0}

    def seconds(call, times):
        now["factor"] *= 1.01
        return now["factor"] * (10 if call is CLEAN.call else 7)

    monkeypatch.setattr(ratio, "_seconds", seconds)
    found = measure(CLEAN, rounds=100)
    assert now["factor"] > 3
    assert found.median == pytest.approx(10 / 7, rel=1e-3)


def test_a_baseline_is_read_as_it_was_written(tmp_path):
    write_baseline(tmp_path / "speed.json", STORED)
    assert read_baseline(tmp_path / "speed.json") == STORED


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"schema": 99}', '{"schema": 1, "ratios": {"a": {}}}'])
def test_what_is_no_baseline_is_refused(tmp_path, content):
    (tmp_path / "speed.json").write_text(content)
    with pytest.raises(RequestError, match=r"is not a baseline|schema 99"):
        read_baseline(tmp_path / "speed.json")


def test_an_absent_baseline_is_a_wrong_request(tmp_path):
    with pytest.raises(RequestError, match="--save"):
        read_baseline(tmp_path / "speed.json")


def test_a_baseline_holds_what_differs_from_process_to_process(monkeypatch):
    values = [Summary(m, m - 0.2, m + 0.2, m - 0.1, m + 0.1, 21) for m in (1.0, 3.0, 1.1, 1.2, 1.05)]
    told = iter([{"a": value} for value in values])
    monkeypatch.setattr(storing, "ratios_elsewhere", lambda: next(told))
    found = new_baseline().ratios["a"]
    assert found == merged(values)
    assert (found.median, found.low, found.high, found.count) == (1.1, 0.9, 3.1, 105)


def test_a_process_that_fails_says_why(monkeypatch):
    calls = []

    def run(command, **more):
        calls.append(command)
        return subprocess.CompletedProcess(command, 1, "", "Traceback\nValueError: no photographs")

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(SRBenchError, match="measuring failed: ValueError: no photographs"):
        new_baseline()
    assert calls[0][1:] == ["-m", "srbench.harness.regression"]


def test_everything_of_the_kind_is_watched():
    names = {case.name for case in watched_cases()}
    for part in ("kernel: ssim", "kernel: ms_ssim", "kernel: psnr and l1", "kernel: imresize to a quarter"):
        assert part in names
    assert {"method: bicubic ×4", "method: edsr ×4", "method: srcnn-3x3 ×2"} <= names
    assert "pipeline: bicubic on bundled" in names
    assert {"start-up: srbench --help", "start-up: srbench list methods"} <= names


@pytest.fixture
def few_cases(monkeypatch):
    """Two cases whose times are a clock's that does not drift."""
    cases = [CLEAN, replace(CLEAN, name="new")]
    now = {"slow": 1.0}
    monkeypatch.setattr(regression, "watched_cases", lambda: iter(cases))
    monkeypatch.setattr(storing, "watched_cases", lambda: iter(cases))
    monkeypatch.setattr(storing, "ratios_elsewhere", storing.ratios_here)
    monkeypatch.setattr(ratio, "_seconds", lambda call, times: now["slow"] * 10 if call is CLEAN.call else 7.0)
    return now


def test_check_and_save_on_the_command_line(cli, tmp_path, monkeypatch, few_cases):
    assert cli("bench", "--save", "speed.json").code == 0
    clean = cli("bench", "--check", "speed.json")
    assert clean.code == 0
    assert "2 cases, none found over 15 % slower" in clean.out
    stored = json.loads((tmp_path / "speed.json").read_text())
    assert stored["conditions"]["processor"]
    few_cases["slow"] = 1.3
    monkeypatch.setattr(regression, "watched_cases", lambda: iter([CLEAN]))
    slow = cli("bench", "--check", "speed.json")
    assert slow.code == 1
    assert "SLOWER" in slow.out
    assert "error: over 15 % slower than speed.json: work" in slow.err
    assert "in the baseline, not here: new" in slow.err


def test_what_else_differs_from_the_baselines_conditions_is_said(cli, tmp_path, few_cases):
    conditions = {"processor": processor_name(), "cores": 1000, "torch": "0.1"}
    write_baseline(tmp_path / "speed.json", Baseline(STORED.ratios, conditions))
    done = cli("bench", "--check", "speed.json", "--json")
    assert "the baseline has another cores (1000, here" in done.err
    assert "without a baseline: new" in done.err
    found = json.loads(done.out)
    assert [finding["name"] for finding in found["findings"]] == ["work"]


def test_with_the_baseline_of_another_kind_of_processor_nothing_is_compared(cli, tmp_path, monkeypatch):
    monkeypatch.setattr(regression, "watched_cases", lambda: pytest.fail("measured all the same"))
    write_baseline(tmp_path / "speed.json", Baseline(STORED.ratios, {"processor": "a Z80"}))
    done = cli("bench", "--check", "speed.json")
    assert (done.code, len(done.err.splitlines())) == (2, 1)
    assert "nothing is compared, since the baseline is of another kind of processor (a Z80; here" in done.err


def test_the_calibration_is_not_srbenchs():
    call = calibration()
    assert "srbench" not in " ".join(name for name in call.__code__.co_names)
    assert call() is None
