"""Protocols by name."""

from collections.abc import Sequence

from srbench.cards import Registry
from srbench.protocols.protocol import Protocol


def find_protocols(names: Sequence[str], cards: Registry) -> tuple[Protocol, ...]:
    """Look up protocols by name.

    Raises:
        UnknownNameError: No card has one of the names.
    """
    return tuple(Protocol(cards.protocol(name).card) for name in names)
