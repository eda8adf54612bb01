"""Ctrl-C, SIGTERM and SIGHUP end srbench with one line on stderr and the exit code 128 + signal, as shells count it.

Slurm and `docker stop` send SIGTERM before they kill; a terminal that is closed sends SIGHUP. A signal that is ignored
when srbench starts, as under `nohup`, stays ignored.
"""

import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

__all__ = ["as_usual", "end_at_once", "last_words", "stoppable"]

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))

_GRACE = 5.0
"""Seconds from the first signal to the end of a process that computes on, in a compiled loop for example.

Half of what `docker stop` allows, a sixth of Slurm's default.
"""

_SHOW_CURSOR = "\r\x1b[K\x1b[?25h"
"""Clears a terminal's line and shows the cursor, which a progress bar hides."""

_received: list[int] = []
"""The signal that interrupted the last `stoppable` block."""
_reported: list[int] = []
"""The signal that `last_words` were about."""


def end_at_once() -> None:
    """Let a signal end the process without a traceback from here on: while it starts, and after its work is done."""
    _handle(dict.fromkeys(_own(), _end))


@contextmanager
def as_usual(*numbers: int) -> Iterator[None]:
    """Undo `end_at_once` inside the block: Ctrl-C raises KeyboardInterrupt, the other signals do as the system does.

    Args:
        *numbers: The signals concerned; by default all.
    """
    before = {number: signal.getsignal(number) for number in _own()}
    try:
        _handle({number: _default(number) for number in before if number in (numbers or _SIGNALS)})
        yield
    finally:
        _handle(before)


@contextmanager
def stoppable() -> Iterator[None]:
    """Raise KeyboardInterrupt at the first signal inside the block, which stands inside an `as_usual` block.

    A second signal, or a block that goes on for `_GRACE` seconds, ends the process at once. Outside the main thread,
    which Python allows no signal handlers, nothing is changed.
    """
    _received.clear()
    _reported.clear()
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in _own()}
    hook = sys.unraisablehook
    with _watched():
        try:
            sys.unraisablehook = _unraisable
            _handle(dict.fromkeys(before, _stop))
            yield
        finally:
            # What was interrupted is not interrupted again on its way to its last words.
            _handle(dict.fromkeys(before, _end) if _received else before)
            sys.unraisablehook = hook


@contextmanager
def last_words() -> Iterator[int]:
    """Ignore signals while the line is printed that says what was interrupted, and print no other at a further signal.

    Yields:
        The exit code: 128 + the signal that interrupted the last `stoppable` block, SIGINT if none did.
    """
    before = {number: signal.getsignal(number) for number in _own()}
    try:
        _handle(dict.fromkeys(before, signal.SIG_IGN))
        _reported.append(_received[0] if _received else signal.SIGINT)
        yield 128 + _reported[-1]
    finally:
        _handle(before)


def _handle(handlers: Mapping[int, Any]) -> None:
    for number, handler in handlers.items():
        signal.signal(number, handler)


def _default(number: int) -> Any:
    return signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL


def _own() -> list[int]:
    """Signals that nobody else handles or ignores; none outside the main thread."""
    if threading.current_thread() is not threading.main_thread():
        return []
    defaults = (signal.SIG_DFL, signal.default_int_handler, _end, _stop)
    return [number for number in _SIGNALS if signal.getsignal(number) in defaults]


def _stop(number: int, _frame: FrameType | None) -> None:
    if not _received:
        _received.append(number)
        raise KeyboardInterrupt


def _end(number: int, _frame: FrameType | None = None) -> None:
    """End the process here, without waiting for its threads; what a run has scored is on disk."""
    number = _received[0] if _received else number
    if not _reported:
        kept = "; what a run has scored is kept: run the same command again to go on" if _received else ""
        clear = _SHOW_CURSOR if os.isatty(2) else ""
        with suppress(OSError):  # stderr may be closed
            os.write(2, f"{clear}error: interrupted{kept}\n".encode())
    os._exit(128 + number)


def _unraisable(problem: Any) -> None:
    """End the process if the interruption came where Python drops exceptions, as in a finaliser."""
    if _received and issubclass(problem.exc_type, KeyboardInterrupt):
        _end(_received[0])
    sys.__unraisablehook__(problem)


_PATIENCE = 1.0
"""Seconds to wait for the watcher, which does not end if a method has closed the end that it reads."""


@contextmanager
def _watched() -> Iterator[None]:
    """Watch signals in a thread, because a handler must wait until a compiled loop in the main thread returns."""
    reading, writing = socket.socketpair()
    writing.setblocking(False)
    watcher = threading.Thread(target=_watch, args=(reading,), name="srbench-signals", daemon=True)
    watcher.start()
    before = signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        for end in (writing, reading):  # of the first the watcher ends
            with suppress(OSError):  # a method has closed it
                end.close()
            watcher.join(timeout=_PATIENCE)


def _watch(reading: socket.socket) -> None:
    """End the process at the second signal, or `_GRACE` seconds after the first; return when the other end closes."""
    first = _next(reading)
    if first is None:
        return
    reading.settimeout(_GRACE)
    try:
        if _next(reading) is None:
            return
    except TimeoutError:
        pass
    if not _received:  # the main thread has not come to its handler
        _received.append(first)
    _end(first)


def _next(reading: socket.socket) -> int | None:
    """Number of the next of `_SIGNALS`; None when the other end is closed."""
    while received := reading.recv(1):
        if received[0] in _SIGNALS:
            return received[0]
    return None


def _in_child() -> None:
    """Give a forked process the default handlers: pools of processes are ended by SIGTERM."""
    if any(signal.getsignal(number) in (_end, _stop) for number in _SIGNALS):
        _handle({number: _default(number) for number in _own()})
        signal.set_wakeup_fd(-1)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
