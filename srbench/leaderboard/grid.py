"""Rows as a text table, and text for markdown."""

import re
from collections.abc import Sequence

from tabulate import tabulate

_MARKUP = re.compile(r"[\\`*<>|~$#&]|^[-+](?=\s)|\](?=[(\[:])|(?<![^\W_])_|_(?![^\W_])")
"""What markdown, or GitHub's variant of it, may take for markup; not `_` inside a word, or brackets without a link."""


def grid(header: Sequence[str], rows: Sequence[Sequence[str]], style: str = "simple", *, words: int = 1) -> str:
    """Return rows as text in a format of tabulate, with `words` left-aligned columns, then right-aligned ones.

    In the formats `github` and `html`, cells are escaped, since names of folders and files may contain markup.
    """
    alignment = (*["left"] * words, *["right"] * (len(header) - words))
    if style == "github":  # `html` is escaped by tabulate
        header, rows = [markdown_text(cell) for cell in header], [[markdown_text(cell) for cell in row] for row in rows]
    return tabulate(rows, header, tablefmt=style, disable_numparse=True, colalign=alignment if rows else None)


def markdown_text(text: str) -> str:
    """Return text as markdown that shows just this text, on one line."""
    plain = _MARKUP.sub(r"\\\g<0>", " ".join(text.splitlines()).strip())
    return re.sub(r"^[-+](?=\s|$)", r"\\\g<0>", plain)  # else an item of a list
