"""How methods look: colours that differ also to colour-blind eyes, and marks that differ without colour.

Source of the colours: M. Okabe, K. Ito, Color Universal Design, 2008, in an order whose neighbours differ most.
"""

from __future__ import annotations

from typing import Any

__all__ = ["COLOURS", "MARKS", "style_of"]

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f")

MARKS = ("o", "s", "^", "D", "v", "P", "X", "<", ">")


def style_of(index: int) -> dict[str, Any]:
    """A method's colour and mark; 63 methods look different."""
    return {"color": COLOURS[index % len(COLOURS)], "marker": MARKS[index % len(MARKS)]}
