"""Rows as a table for people."""

from collections.abc import Sequence

from tabulate import tabulate


def grid(header: Sequence[str], rows: Sequence[Sequence[str]], style: str = "simple", *, words: int = 1) -> str:
    """A table whose figures stand below each other.

    Args:
        header: Names of the columns.
        rows: Cells, as they are to be read.
        style: tabulate's name of a format.
        words: How many columns hold words, which stand on the left, before those of figures.
    """
    alignment = (*["left"] * words, *["right"] * (len(header) - words))
    return tabulate(rows, header, tablefmt=style, disable_numparse=True, colalign=alignment if rows else None)
