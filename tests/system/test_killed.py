"""Real processes, killed, interrupted and starved of disk: nothing is lost, nothing is torn, nothing is done twice."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
import time

import pytest
from typer.testing import CliRunner

from srbench.cli.main import app
from srbench.files import write_image
from srbench.leaderboard import collected
from srbench.runs import open_runs

SLOW = """
import os, pathlib, time
CALLS = pathlib.Path(os.environ["CALLS"])
VARIABLE = "PAUSE"  # not read by its literal name, which would be part of the fingerprint
def slow(lr, scale):
    with CALLS.open("a") as file:
        file.write("x")
    time.sleep(float(os.environ.get(VARIABLE, "0")))
    return lr.repeat_interleave(scale, -2).repeat_interleave(scale, -1)
"""

HALF_A_LINE = """
real, calls = os.write, iter(range(100))
def write(file, data):
    if next(calls) == 4:
        real(file, data[: len(data) // 2])
        os.kill(os.getpid(), signal.SIGKILL)
    return real(file, data)
os.write = write
"""

BEFORE_REPLACING = """
real = pathlib.Path.replace
def replace(self, target):
    if "{name}" in str(target):
        os.kill(os.getpid(), signal.SIGKILL)
    return real(self, target)
pathlib.Path.replace = replace
"""

# Each kills the process itself at one exact moment.
MOMENTS = {
    "halfway through a line of records.jsonl": HALF_A_LINE,
    "before run.json is in place": BEFORE_REPLACING.format(name="run.json"),
    "before leaderboard.md is in place": BEFORE_REPLACING.format(name="leaderboard.md"),
}


def arguments(output):
    return [
        *("run", "--methods", "./mine.py:slow", "--datasets", "./photos", "--scale", "2"),
        *("--protocol", "classic-y,rgb", "--save-images", "--output", output),
    ]


def starter(place, photo):
    """A run of twelve images under two protocols below a folder, and how to start it."""
    for index in range(12):
        write_image(place / "photos" / f"image{index:02d}.png", photo(32, 32, top=20 * index))
    (place / "mine.py").write_text(SLOW)

    def start(output, *, before="", pause=0.0, **more):
        script = f"import os, pathlib, signal\n{before}\nfrom srbench.cli.main import main\nmain()\n"
        environment = os.environ | {"CALLS": str(place / f"calls-{output}"), "PAUSE": str(pause)}
        command = [sys.executable, "-c", script, *arguments(output)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(command, cwd=place, env=environment, **pipes, **more)

    return start


@pytest.fixture
def job(tmp_path, photo):
    return starter(tmp_path, photo)


@pytest.fixture
def complete(cli, tmp_path, monkeypatch):
    """The same command, in this process, which takes less time to start."""

    def completed(output, *, pause=0.0):
        monkeypatch.setenv("CALLS", str(tmp_path / f"calls-{output}"))
        monkeypatch.setenv("PAUSE", str(pause))  # a variable that the method reads is part of its identity
        return cli(*arguments(output)).code

    return completed


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory, photo):
    """The leaderboard and the saved images of a run that nothing disturbs."""
    place = tmp_path_factory.mktemp("unbroken")
    starter(place, photo)  # its images and its method
    with contextlib.chdir(place), pytest.MonkeyPatch.context() as patch:
        patch.setenv("CALLS", str(place / "calls-run"))
        assert CliRunner().invoke(app, arguments("run")).exit_code == 0
    return (place / "run" / "leaderboard.csv").read_bytes(), saved(place / "run")


def finish(process):
    """Exit code and stderr."""
    _, err = process.communicate(timeout=120)
    return process.returncode, err


def lines(folder):
    path = folder / "records.jsonl"
    return path.read_bytes().count(b"\n") if path.exists() else 0


def wait_for_lines(process, folder, wanted):
    deadline = time.monotonic() + 60
    while lines(folder) < wanted and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)


def saved(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.png")}


def assert_whole(folder, unbroken):
    assert (folder / "leaderboard.csv").read_bytes() == unbroken[0]
    assert saved(folder) == unbroken[1]
    assert len(unbroken[1]) == 24  # twelve results, and HR of each
    assert json.loads((folder / "run.json").read_text())["status"] == "complete"
    records = [json.loads(line) for line in (folder / "records.jsonl").read_text().splitlines()]
    keys = [(item["method"], item["protocol"], item["image"]) for item in records]
    assert len(keys) == len(set(keys)) == 24
    assert sorted(path.name for path in folder.iterdir() if path.name.endswith(".part")) == []


def assert_readable(folder):
    """`srbench leaderboard` shows a killed run as what it is."""
    board = collected(open_runs([folder]))
    table, remarks = board.table, board.notes
    assert (table["images"] + table["missing"] == 12).all()
    assert remarks[-1].startswith("unfinished: ")


@pytest.mark.slow
def test_killed_again_and_again_from_outside(job, complete, unbroken, tmp_path):
    folder = tmp_path / "killed"
    for wanted in (1, 13):
        process = job("killed", pause=0.05)
        wait_for_lines(process, folder, wanted)
        process.kill()
        assert finish(process)[0] == -signal.SIGKILL
        assert_readable(folder)
    assert complete("killed", pause=0.05) == 0
    assert_whole(folder, unbroken)
    # Twelve images, and again what was on its way at each kill: one being upscaled, two that waited to be scored.
    assert 12 <= len((tmp_path / "calls-killed").read_text()) <= 12 + 2 * 3


def test_killed_at_an_exact_moment(job, complete, unbroken, tmp_path):
    # All at once, in folders of their own.
    folders = {f"exact-{index}": before for index, before in enumerate(MOMENTS.values())}
    killed = [job(folder, before=before) for folder, before in folders.items()]
    assert [finish(process)[0] for process in killed] == [-signal.SIGKILL] * len(folders)
    for folder in folders:
        assert complete(folder) == 0
        assert_whole(tmp_path / folder, unbroken)


def test_ctrl_c_says_how_to_go_on(job, complete, unbroken, tmp_path):
    def as_from_a_terminal():
        """What a shell starts in the background is told to ignore it."""
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    process = job("stopped", pause=0.1, preexec_fn=as_from_a_terminal)
    wait_for_lines(process, tmp_path / "stopped", 4)
    process.send_signal(signal.SIGINT)
    code, err = finish(process)
    assert code == 130
    assert "run the same command again to go on" in err
    assert "Traceback" not in err
    assert complete("stopped", pause=0.1) == 0
    assert_whole(tmp_path / "stopped", unbroken)


def test_a_disk_that_fills_keeps_what_was_finished(job, complete, unbroken, tmp_path):
    def little_room():
        resource.setrlimit(resource.RLIMIT_FSIZE, (6_000, 6_000))

    process = job("full", preexec_fn=little_room)
    code, err = finish(process)
    assert code == 1
    assert err.startswith("error: full: cannot write records")
    assert err.count("\n") == 1
    kept = (tmp_path / "full" / "records.jsonl").read_text()
    assert kept.endswith("}\n")
    assert all(json.loads(line) for line in kept.splitlines())
    assert complete("full") == 0
    assert_whole(tmp_path / "full", unbroken)
