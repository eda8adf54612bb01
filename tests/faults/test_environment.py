"""Environments that lack something: variables, folders, streams, disk, and methods that harm their own process."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from method_files import HEAD, OUT, doing, file
from planted import METHODS, Outcome, answered, of, records, row, run_of

NEEDS_DATA = ["run", "--methods", "bicubic", "--datasets", "set5"]
NEEDS_CACHE = [*run_of("bicubic"), "--methods", "edsr@official"]
VARIABLES = [
    row("data is a file", {"SRBENCH_DATA": "notes.txt"}, 2, "set5: not imported"),
    row("data is gone", {"SRBENCH_DATA": "none"}, 2, r"set5: not imported \(looked in none/Set5\)"),
    row(
        "data of nobody",
        {"SRBENCH_DATA": "~nosuchuser/x"},
        2,
        "home folder is not known; .*set SRBENCH_DATA to another",
    ),
    row("data in a loop", {"SRBENCH_DATA": "loop/x"}, 2, "symbolic links.*set SRBENCH_DATA to another folder"),
    row("long data", {"SRBENCH_DATA": "x" * 300}, 2, "File name too long.*set SRBENCH_DATA to another folder"),
    row("data of no text", {"SRBENCH_DATA": "a\udcff"}, 2, "set5: not imported"),
]


@pytest.mark.parametrize(("variables", "code", "line"), VARIABLES)
def test_folders_of_data(refused, place, monkeypatch, variables, code, line):
    (place / "loop").symlink_to("loop")
    (place / "notes.txt").touch()
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    refused(code, line, *NEEDS_DATA)


@pytest.mark.parametrize(
    "cache", ["notes.txt", "none", "loop/x", "~nosuchuser/x", "x" * 300, "/proc/none", "/dev/null"]
)
def test_a_run_does_without_a_cache(cli, place, expected, monkeypatch, cache):
    (place / "loop").symlink_to("loop")
    (place / "notes.txt").touch()
    monkeypatch.setenv("SRBENCH_CACHE", cache)
    answered(cli(*run_of()), 0, "")
    assert records(place / "run") == of(expected, *METHODS)


def started(place, *words, environment=None, **options):
    """Start `srbench` as a process of its own."""
    command = [sys.executable, "-m", "srbench", *words]
    pipes = {
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        "text": True,
        "encoding": "utf-8",
        "errors": "replace",
    }
    return subprocess.Popen(command, cwd=place, env=os.environ | (environment or {}), **{**pipes, **options})


def finished(process):
    out, err = process.communicate(timeout=300)
    return Outcome(process.returncode, out or "", err or "")


SETTINGS = [
    row("no home", {"HOME": "", "XDG_CACHE_HOME": ""}, 0, ""),
    row("home is gone", {"HOME": "/nowhere"}, 0, ""),
    row("home is a file", {"HOME": "/dev/null"}, 0, ""),
    row("ascii", {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, 0, ""),
    row("ascii streams", {"PYTHONIOENCODING": "ascii"}, 0, ""),
    row("no locale", {"LC_ALL": "xx_YY.nothing"}, 0, ""),
    row("no terminal", {"TERM": "", "COLUMNS": "0"}, 0, ""),
    row("narrow terminal", {"COLUMNS": "-3"}, 0, ""),
    row("no compiler", {"NUMBA_DISABLE_JIT": "1"}, 0, ""),
    row("numba cache is a file", {"NUMBA_CACHE_DIR": "/dev/null"}, 0, ""),
    row("one thread", {"OMP_NUM_THREADS": "1"}, 0, ""),
    row("no threads", {"OMP_NUM_THREADS": "0"}, 0, ""),
    row("threads of text", {"OMP_NUM_THREADS": "many", "MKL_NUM_THREADS": "x", "NUMBA_NUM_THREADS": "1"}, 0, ""),
    row("optimised", {"PYTHONOPTIMIZE": "2"}, 0, ""),
    row("hash seed", {"PYTHONHASHSEED": "7"}, 0, ""),
    row("tmp is gone", {"TMPDIR": "/nowhere"}, 0, ""),
]


@pytest.mark.slow
@pytest.mark.parametrize(("environment", "code", "line"), SETTINGS)
def test_settings_of_the_environment_change_no_score(place, expected, environment, code, line):
    done = finished(started(place, *run_of(), environment=environment))
    assert (done.code, "Traceback" in done.err) == (code, False), done.err
    found, wanted = records(place / "run"), of(expected, *METHODS)
    for key, record in wanted.items():
        assert found[key]["scores"] == pytest.approx(record["scores"], abs=1e-5)  # threads split a network's sums


def small_files():
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))


def few_files():
    resource.setrlimit(resource.RLIMIT_NOFILE, (12, 12))


STARVED = [
    row("small files", {"preexec_fn": small_files}, {1, 2}, "^error: "),
    row("few open files", {"preexec_fn": few_files}, {0, 1, 2}, ""),
    row("no input", {"stdin": subprocess.DEVNULL}, {0}, ""),
]


@pytest.mark.slow
@pytest.mark.parametrize(("options", "codes", "line"), STARVED)
def test_a_starved_process_leaves_a_folder_to_go_on_with(place, cli, expected, options, codes, line):
    """Whatever it says: what it wrote is whole, and the same command completes it."""
    done = finished(started(place, *run_of(), **options))
    assert done.code in codes, done.err
    assert cli(*run_of()).code == 0
    assert records(place / "run", once=False) == of(expected, *METHODS)


@pytest.mark.slow
def test_a_reader_that_leaves(place, expected):
    """`srbench run | head -c 1`."""
    with started(place, *run_of()) as process:
        process.stdout.read(1)
        process.stdout.close()
        assert "Traceback" not in process.stderr.read()
    assert records(place / "run") == of(expected, *METHODS)


@pytest.mark.slow
def test_a_full_stdout_is_one_line(place, expected):
    with Path("/dev/full").open("w") as full:
        done = finished(started(place, *run_of(), stdout=full))
    assert records(place / "run") == of(expected, *METHODS)
    answered(done, 1, "^error: .*No space left on device")


HARMFUL = [
    row("closes every file", doing("os.closerange(3, 4096)"), 0, ""),
    row(
        "closes its streams",
        doing("[os.close(number) for number in (0, 1, 2) if N.append(1) or len(N) < 4]", head="N = []"),
        None,
        "",
    ),
    row("forks and returns twice", doing("os.fork()"), 0, ""),
    row("forks a child that goes on", doing("os.fork() or time.sleep(1) or os._exit(0)"), 0, ""),
    row("leaves a child", doing("import subprocess; subprocess.Popen(['sleep', '2'])"), 0, ""),
    row("threads without end", doing("threading.Thread(target=time.sleep, args=(10**6,), daemon=True).start()"), 0, ""),
    row("ignores ctrl-c", doing("signal.signal(signal.SIGINT, signal.SIG_IGN)"), 0, ""),
    row("exits at the end", doing("import atexit; atexit.register(lambda: 1 / 0)"), 0, ""),
    row("raises in a thread", doing("threading.Thread(target=lambda: 1 / 0).start()"), 0, ""),
    row("ends the process", file("os._exit(3)"), 3, ""),
    row("kills the process", file("os.kill(os.getpid(), signal.SIGKILL)"), -9, ""),
    row("aborts", file("os.abort()"), -6, ""),
    row("alarm", doing("signal.alarm(1); time.sleep(2)"), -14, ""),
]


@pytest.mark.slow
@pytest.mark.parametrize(("text", "code", "line"), HARMFUL)
def test_a_method_that_harms_its_process_loses_no_record_of_others(place, cli, expected, text, code, line):
    (place / "mine.py").write_text(text)
    done = finished(started(place, *run_of(METHODS[0], "./mine.py:f", METHODS[1])))
    assert code is None or done.code == code, done.err
    if code != 0:
        (place / "mine.py").write_text(f"{HEAD}def f(lr, scale):\n    return {OUT}\n")
        assert cli(*run_of(METHODS[0], "./mine.py:f", METHODS[1])).code == 0
    found = records(place / "run", once=code == 0)
    assert of(found, *METHODS) == of(expected, *METHODS)
    assert {key[1]: record["scores"] for key, record in of(found, "mine:f").items()} == {
        key[1]: record["scores"] for key, record in of(expected, "sound:f").items()
    }


@pytest.mark.slow
@pytest.mark.parametrize("head", ["", "signal.signal(signal.SIGTERM, signal.SIG_IGN)"])
def test_ctrl_c_while_a_method_sleeps(place, cli, expected, head):
    (place / "mine.py").write_text(file("open('begun', 'w').close()", "time.sleep(600)", head=head))
    process = started(
        place,
        *run_of(METHODS[0], "./mine.py:f", METHODS[1]),
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    deadline = time.monotonic() + 120
    while not (place / "begun").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    answered(finished(process), 130, "^error: interrupted; what was scored is kept in run: run the same command again")
