"""Rows as a text table."""

from collections.abc import Sequence

from tabulate import tabulate


def grid(header: Sequence[str], rows: Sequence[Sequence[str]], style: str = "simple", *, words: int = 1) -> str:
    """Return rows as text in a format of tabulate, with `words` left-aligned columns, then right-aligned ones."""
    alignment = (*["left"] * words, *["right"] * (len(header) - words))
    return tabulate(rows, header, tablefmt=style, disable_numparse=True, colalign=alignment if rows else None)
