"""Signals to the command line: one line, the exit code of the signal, and no wait for what does not end."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from srbench.cli.process.stopping import as_usual, last_words, stoppable

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]

HEAD = """
import hashlib, os, signal, sys, threading, time
from srbench.cli.process import stopping
stopping.end_at_once()
def soon(number, seconds):
    timer = threading.Timer(seconds, os.kill, (os.getpid(), number))
    timer.daemon = True
    timer.start()
"""

COMPILED = """
stopping._GRACE = 0.3
with stopping.as_usual(), stopping.stoppable():
    soon(signal.SIGTERM, 0.1)
    hashlib.pbkdf2_hmac("sha256", b"", b"", 10**9)  # minutes
"""

SWALLOWED = """
stopping._GRACE = 0.3
with stopping.as_usual(), stopping.stoppable():
    soon(signal.SIGTERM, 0.1)
    while True:
        try:
            time.sleep(60)
        except BaseException:
            pass
"""

SWALLOWED_BY_PYTHON = """
class Left:
    def __del__(self):
        signal.raise_signal(signal.SIGTERM)
        time.sleep(60)
with stopping.as_usual(), stopping.stoppable():
    left = Left()
    del left
    time.sleep(60)
"""

TWICE = """
with stopping.as_usual(), stopping.stoppable():
    soon(signal.SIGTERM, 0.1)
    soon(signal.SIGTERM, 0.4)
    try:
        time.sleep(60)
    finally:
        time.sleep(60)  # as one that waits for the scoring of an image
"""


def ended(script, **options):
    return subprocess.run([sys.executable, "-c", HEAD + script], capture_output=True, text=True, timeout=50, **options)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_interrupts_the_block_and_names_the_exit_code(number):
    before = [signal.getsignal(one) for one in SIGNALS]
    with pytest.raises(KeyboardInterrupt), as_usual(), stoppable():
        signal.raise_signal(number)
    with last_words() as code:
        signal.raise_signal(number)  # ignored
        assert code == 128 + number
    assert [signal.getsignal(one) for one in SIGNALS] == before


def test_without_a_signal_the_handlers_are_those_of_before():
    before = [signal.getsignal(one) for one in SIGNALS], sys.unraisablehook
    with as_usual(), stoppable():
        pass
    assert ([signal.getsignal(one) for one in SIGNALS], sys.unraisablehook) == before


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_during_the_imports_leaves_no_traceback(number):
    done = ended(f"signal.raise_signal({int(number)})\n")
    assert (done.returncode, done.stderr) == (128 + number, "error: interrupted\n")


def test_between_the_imports_and_the_verb_only_ctrl_c_is_an_exception():
    done = ended("with stopping.as_usual(signal.SIGINT):\n    signal.raise_signal(signal.SIGTERM)\n")
    assert (done.returncode, done.stderr) == (128 + signal.SIGTERM, "error: interrupted\n")
    with pytest.raises(KeyboardInterrupt), as_usual(signal.SIGINT):
        signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize("script", [COMPILED, SWALLOWED, SWALLOWED_BY_PYTHON, TWICE])
def test_what_does_not_end_is_ended(script):
    """A compiled loop, code that catches everything, a finaliser, and a second signal during the wait."""
    done = ended(script)
    assert done.returncode == 128 + signal.SIGTERM
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("error: interrupted; what a run has scored is kept")


def test_what_nohup_ignores_stays_ignored():
    done = ended(
        "with stopping.as_usual(), stopping.stoppable():\n    signal.raise_signal(signal.SIGHUP)\n",
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_forked_process_has_the_handlers_of_any_other():
    """A pool of processes ends its workers by SIGTERM."""
    done = ended("""
with stopping.as_usual(), stopping.stoppable():
    child = os.fork()
    if not child:
        signal.raise_signal(signal.SIGTERM)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
""")
    assert (done.stdout, done.stderr) == (f"{-signal.SIGTERM}\n", "")
