"""The words of a command: those without content are refused, and messages about them made plain."""

import re
from collections.abc import Sequence
from itertools import pairwise

from srbench.errors import RequestError, suggest

__all__ = ["plain_message", "refuse_empty"]


def refuse_empty(words: Sequence[str]) -> None:
    """Raise RequestError if a word, or the value of an option, is empty or has nothing but commas and spaces."""
    for before, word in pairwise(("", *words)):
        option, equals, value = word.partition("=") if word.startswith("--") else ("", "", word)
        if not value.strip(", ") and (equals or not option):
            where = option or (before if before.startswith("-") else "an argument")
            raise RequestError(f"{where}: {value!r} says nothing; write a value, or leave it out")


def plain_message(message: str) -> str:
    """Return a message of the parser on one line, with a suggestion if a word is near one of the choices."""
    line = " ".join(message.split()).replace("Value error, ", "")
    choice = re.search(r"'([^']*)' is not one of (.*?)[.]?$", line)
    if choice is None:
        return line
    known = re.findall(r"'([^']*)'", choice[2])
    return f"{line.removesuffix('.')}{suggest(choice[1], known)}"
