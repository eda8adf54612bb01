"""The rim of the command line: what is printed, and where it is printed to."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from srbench.cli.process.environment import check_environment
from srbench.errors import RequestError
from srbench.files import write_image
from srbench.parallel import cores


def not_json(name):
    raise AssertionError(f"{name} is not JSON")


def test_json_has_null_where_a_float_is_no_number(capsys):
    from srbench.cli.printing import print_json

    print_json({"a": [math.inf, -math.inf, math.nan, 1.5], "b": (2, None, "×")})
    out = capsys.readouterr().out
    assert json.loads(out, parse_constant=not_json) == {"a": [None, None, None, 1.5], "b": [2, None, "×"]}


def test_a_leaderboard_as_json_has_null_for_a_psnr_that_is_infinite(cli, tmp_path):
    write_image(tmp_path / "flat" / "a.png", np.full((3, 32, 32), 77, np.uint8))
    assert cli("run", "--methods", "nearest", "--datasets", "./flat", "--output", "run").code == 0
    (row,) = json.loads(cli("leaderboard", "run", "--json").out, parse_constant=not_json)
    assert row["psnr"] is None


def srbench(*words, stdout=subprocess.PIPE, **environment):
    return subprocess.run(
        [sys.executable, "-m", "srbench", *words],
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


def test_a_reader_that_wants_no_more_is_no_error():
    """As in `srbench list methods | head -1`."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as closed:
        done = srbench("list", "methods", stdout=closed)
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_behind_the_output_is_one_line():
    with Path("/dev/full").open("w") as full:
        done = srbench("list", "methods", stdout=full)
    assert (done.returncode, done.stderr) == (1, "error: the output cannot be written (No space left on device)\n")


def test_a_terminal_of_ascii_is_no_obstacle(photos):
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
    done = srbench("run", "--methods", "nearest", "--datasets", f"{photos}/", "--output", f"{photos}/run", **ascii_only)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)
    assert "./photos ×4" in (photos / "run" / "leaderboard.md").read_text(encoding="utf-8")
    refused = srbench("run", "--methods", "×", **ascii_only)
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)


@pytest.mark.parametrize("words", [("upscale", "a.png", "-o", "b.png"), ("run", "--methods", "nearest")])
def test_a_variable_that_numba_refuses_is_named_before_anything_starts(words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = srbench(*words, NUMBA_NUM_THREADS="0")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith("error: NUMBA_NUM_THREADS=0: numba cannot start (ValueError: ")
    assert list(tmp_path.iterdir()) == []


def test_a_variable_that_numba_passes_over_is_named_in_a_note():
    code = "from srbench.cli.process.environment import check_environment; check_environment()"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ, "NUMBA_OPT": "x"}
    )
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("note: Environment variable 'NUMBA_OPT'")


def test_features_at_which_llvm_would_abort_are_refused(monkeypatch):
    monkeypatch.setenv("NUMBA_CPU_FEATURES", "+sse2,nonsense")
    with pytest.raises(RequestError, match="NUMBA_CPU_FEATURES=.*: write . or - before each feature"):
        check_environment()
    monkeypatch.setenv("NUMBA_CPU_FEATURES", "+sse2, -avx,")
    check_environment()


@pytest.mark.parametrize(("value", "same"), [("x", True), ("0", True), ("-1", True), ("", True), ("1,4", False)])
def test_threads_that_openmp_passes_over_are_passed_over(monkeypatch, value, same):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    usual = cores.__wrapped__()
    monkeypatch.setenv("OMP_NUM_THREADS", value)
    assert cores.__wrapped__() == (usual if same else 1)


def test_a_working_directory_that_is_gone_is_one_line(tmp_path, monkeypatch):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(RequestError, match="the working directory is gone"):
        check_environment()


@pytest.mark.slow
def test_figures_need_no_backend_for_windows(photos):
    picture, figure = photos / "one.png", photos / "figure.png"
    done = srbench("show", str(picture), "--methods", "nearest", "-o", str(figure), MPLBACKEND="nonsense")
    assert done.returncode == 0, done.stderr
    assert figure.exists()
