"""All errors raised by srbench.

    SRBenchError                   exit code 1: the run failed
    ├── RequestError               exit code 2: the request is invalid
    │   ├── UnknownNameError       no method, dataset, protocol or metric has this name
    │   ├── CardError              a card is malformed, or two packs claim one name
    │   ├── NotApplicableError     a method cannot run at this scale or under this protocol
    │   ├── DatasetError           a dataset is incomplete or differs from its card
    │   │   └── NotImportedError   a dataset is not imported
    │   ├── OutputError            the output folder cannot be used
    │   └── RuntimeMissingError    a runtime is not installed or does not support this device
    ├── DownloadError              a file cannot be fetched
    ├── ImageError                 an image file or array cannot be used
    ├── WeightsError               a weight file is absent, altered or does not fit its network
    ├── MethodError                an upscaler raised an exception or returned an invalid result
    ├── UndefinedMetricError       a metric has no value for this pair of images
    ├── StoreError                 a run folder cannot be read or completed
    └── StoppedError               exit code 130: interrupted by Ctrl-C (143: by SIGTERM)

Each message is one line: what was given, what was expected, what to do.
"""

import difflib
from collections.abc import Iterable
from typing import ClassVar

__all__ = [
    "CardError",
    "DatasetError",
    "DownloadError",
    "ImageError",
    "MethodError",
    "NotApplicableError",
    "NotImportedError",
    "OutputError",
    "RequestError",
    "RuntimeMissingError",
    "SRBenchError",
    "StoppedError",
    "StoreError",
    "UndefinedMetricError",
    "UnknownNameError",
    "WeightsError",
    "message_of",
    "one_line",
    "suggest",
]


class SRBenchError(Exception):
    """Base class of all srbench errors; `exit_code` is the exit status of the command line."""

    exit_code: ClassVar[int] = 1

    def __str__(self) -> str:
        """Return the message on one line; a path in it may hold a line feed, or bytes that are no text."""
        return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in super().__str__())


class RequestError(SRBenchError):
    """The request, such as an option or argument, is invalid; nothing was started."""

    exit_code = 2


class DownloadError(SRBenchError):
    """A file cannot be fetched from any of its mirrors."""


class StoppedError(SRBenchError):
    """Interrupted by Ctrl-C, SIGTERM or SIGHUP; the message says which results were saved and how to continue.

    The command line ends with 128 + the signal, as shells count it: 130 after Ctrl-C, 143 after SIGTERM.
    """

    exit_code = 130


class UnknownNameError(RequestError):
    """No method, dataset, protocol or metric has the requested name."""


class CardError(RequestError):
    """A card is malformed, or two packs claim the same name."""


class NotApplicableError(RequestError):
    """A method cannot run at the requested scale or under the requested protocol."""


class DatasetError(RequestError):
    """A dataset is absent, incomplete, or differs from its card."""


class NotImportedError(DatasetError):
    """A dataset was not yet imported into $SRBENCH_DATA."""


class OutputError(RequestError):
    """The output folder is in use, holds another plan, or cannot be written."""


class RuntimeMissingError(RequestError):
    """A runtime is not installed, does not load, or does not support the requested device or precision."""


class ImageError(SRBenchError):
    """An image file or array cannot be used."""


class WeightsError(SRBenchError):
    """A weight file is absent, altered, or does not fit its network."""


class MethodError(SRBenchError):
    """An upscaler raised an exception or returned an invalid result."""


class UndefinedMetricError(SRBenchError):
    """A metric has no value for a pair of images."""


class StoreError(SRBenchError):
    """A run folder cannot be read or completed."""


def one_line(error: BaseException) -> str:
    """Return type and message of an exception on one line, with at most 200 characters of message."""
    text = message_of(error)
    return ": ".join(filter(None, [type(error).__name__, text if len(text) <= 200 else text[:200] + "…"]))


def message_of(error: BaseException) -> str:
    """Return the message of an exception, which may be third-party code, on one line of printable characters."""
    try:
        text = str(error)
    except BaseException as problem:  # its __str__ may raise anything, even SystemExit
        if type(problem) is KeyboardInterrupt:
            raise
        text = "an exception whose message cannot be read"
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in " ".join(text.split()))


def suggest(name: str, known: Iterable[str]) -> str:
    """Return ', did you mean …?' with the two nearest known names, or an empty text if none is near."""
    near = difflib.get_close_matches(name.lower(), list(known), n=2)
    return f", did you mean {' or '.join(near)}?" if near else ""
