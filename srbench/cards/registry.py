"""All cards of the installed packs, by kind and name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Generic, TypeVar

from srbench.cards.classifier import ClassifierCard
from srbench.cards.dataset import DatasetCard
from srbench.cards.method import MethodCard
from srbench.cards.packs import Card, Pack, installed_packs, is_card_file, read_card
from srbench.cards.protocol import ProtocolCard
from srbench.cards.report import ReportCard
from srbench.errors import CardError, UnknownNameError, suggest

__all__ = ["Entry", "Registry", "installed_cards"]

AnyCard = TypeVar("AnyCard", bound=Card)


@dataclass(frozen=True)
class Entry(Generic[AnyCard]):
    """A card and where it came from."""

    card: AnyCard
    pack: Pack
    path: Path


class Registry:
    """All cards of some packs, by kind and name."""

    def __init__(self, packs: Iterable[Pack]) -> None:
        """Read every card of every pack.

        Raises:
            CardError: A card is malformed, or two cards of one kind have the same name.
        """
        self.packs = tuple(packs)
        methods: dict[str, Entry[MethodCard]] = {}
        datasets: dict[str, Entry[DatasetCard]] = {}
        protocols: dict[str, Entry[ProtocolCard]] = {}
        classifiers: dict[str, Entry[ClassifierCard]] = {}
        reports: dict[str, Entry[ReportCard]] = {}
        for pack in self.packs:
            paths = sorted(path for path in pack.folder.rglob("*.toml") if is_card_file(path.name))
            if not paths:
                raise CardError(
                    f"pack {pack.name} ({pack.distribution}): holds no card.toml or *.card.toml; "
                    "is it packaged? Repair the pack or uninstall it"
                )
            for path in paths:
                card = _read(path, pack)
                if isinstance(card, MethodCard):
                    _add(methods, "method", Entry(card, pack, path))
                elif isinstance(card, DatasetCard):
                    _add(datasets, "dataset", Entry(card, pack, path))
                elif isinstance(card, ProtocolCard):
                    _add(protocols, "protocol", Entry(card, pack, path))
                elif isinstance(card, ClassifierCard):
                    _add(classifiers, "classifier", Entry(card, pack, path))
                else:
                    _add(reports, "report", Entry(card, pack, path))
        self.methods: Mapping[str, Entry[MethodCard]] = MappingProxyType(methods)
        self.datasets: Mapping[str, Entry[DatasetCard]] = MappingProxyType(datasets)
        self.protocols: Mapping[str, Entry[ProtocolCard]] = MappingProxyType(protocols)
        self.classifiers: Mapping[str, Entry[ClassifierCard]] = MappingProxyType(classifiers)
        self.reports: Mapping[str, Entry[ReportCard]] = MappingProxyType(reports)

    def method(self, name: str) -> Entry[MethodCard]:
        """The method of this name, or UnknownNameError with a suggestion."""
        return _find(self.methods, "method", name)

    def dataset(self, name: str) -> Entry[DatasetCard]:
        """The dataset of this name, or UnknownNameError with a suggestion."""
        return _find(self.datasets, "dataset", name)

    def protocol(self, name: str) -> Entry[ProtocolCard]:
        """The protocol of this name, or UnknownNameError with a suggestion."""
        return _find(self.protocols, "protocol", name)

    def classifier(self, name: str) -> Entry[ClassifierCard]:
        """The classifier of this name, or UnknownNameError with a suggestion."""
        return _find(self.classifiers, "classifier", name)


def _read(path: Path, pack: Pack) -> Card:
    try:
        return read_card(path)
    except CardError as error:
        raise CardError(f"pack {pack.name} ({pack.distribution}): {error}; repair the pack or uninstall it") from error


def _add(entries: dict[str, Entry[AnyCard]], kind: str, entry: Entry[AnyCard]) -> None:
    other = entries.get(entry.card.name)
    if other is not None:
        raise CardError(
            f"{kind} {entry.card.name!r} is claimed by two packs: {other.pack.name} ({other.pack.distribution}, "
            f"{other.path.name}) and {entry.pack.name} ({entry.pack.distribution}, {entry.path.name}); uninstall one"
        )
    entries[entry.card.name] = entry


def _find(entries: Mapping[str, Entry[AnyCard]], kind: str, name: str) -> Entry[AnyCard]:
    if name not in entries:
        raise UnknownNameError(f"unknown {kind} {name!r}{suggest(name, entries)}; see: srbench list {kind}s")
    return entries[name]


@lru_cache(maxsize=1)
def installed_cards() -> Registry:
    """All installed cards, read once in a process."""
    return Registry(installed_packs())
