"""Cards of the installed packs, by kind and name."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from srbench.cards.dataset import DatasetCard
from srbench.cards.measure import ClassifierCard, MetricCard
from srbench.cards.method import MethodCard
from srbench.cards.packs import KINDS, Card, Pack, installed_packs, is_card_file, read_card
from srbench.cards.protocol import ProtocolCard
from srbench.cards.report import ReportCard
from srbench.errors import CardError, UnknownNameError, suggest

AnyCard = TypeVar("AnyCard", bound=Card)


@dataclass(frozen=True)
class Entry(Generic[AnyCard]):
    """A card with its pack and file."""

    card: AnyCard
    pack: Pack
    path: Path


class Registry:
    """Cards of the given packs, by kind and name."""

    def __init__(self, packs: Iterable[Pack]) -> None:
        """Read every card of every pack.

        Raises:
            CardError: A card is malformed, or two cards of one kind have the same name.
        """
        self.packs = tuple(packs)
        found: dict[type[Card], dict[str, Entry[Any]]] = {kind: {} for kind in KINDS.values()}
        for pack in self.packs:
            paths = sorted(path for path in pack.folder.rglob("*.toml") if is_card_file(path.name))
            if not paths:
                raise CardError(
                    f"pack {pack.name} ({pack.distribution}): holds no card.toml or *.card.toml; "
                    "is it packaged? Repair the pack or uninstall it"
                )
            for path in paths:
                card = _read(path, pack)
                _add(found[type(card)], Entry(card, pack, path))
        self.methods: Mapping[str, Entry[MethodCard]] = MappingProxyType(found[MethodCard])
        self.datasets: Mapping[str, Entry[DatasetCard]] = MappingProxyType(found[DatasetCard])
        self.protocols: Mapping[str, Entry[ProtocolCard]] = MappingProxyType(found[ProtocolCard])
        self.metrics: Mapping[str, Entry[MetricCard]] = MappingProxyType(found[MetricCard])
        self.classifiers: Mapping[str, Entry[ClassifierCard]] = MappingProxyType(found[ClassifierCard])
        self.reports: Mapping[str, Entry[ReportCard]] = MappingProxyType(found[ReportCard])

    def method(self, name: str) -> Entry[MethodCard]:
        """Return a method's card by name; raise UnknownNameError, with a suggestion, if there is none."""
        return _find(self.methods, "method", name)

    def dataset(self, name: str) -> Entry[DatasetCard]:
        """Return a dataset's card by name; raise UnknownNameError, with a suggestion, if there is none."""
        return _find(self.datasets, "dataset", name)

    def protocol(self, name: str) -> Entry[ProtocolCard]:
        """Return a protocol's card by name; raise UnknownNameError, with a suggestion, if there is none."""
        return _find(self.protocols, "protocol", name)

    def metric(self, name: str) -> Entry[MetricCard]:
        """Return a metric's card by name; raise UnknownNameError, with a suggestion, if there is none."""
        return _find(self.metrics, "metric", name)

    def classifier(self, name: str) -> Entry[ClassifierCard]:
        """Return a classifier's card by name; raise UnknownNameError, with a suggestion, if there is none."""
        return _find(self.classifiers, "classifier", name)


def _read(path: Path, pack: Pack) -> Card:
    try:
        return read_card(path)
    except CardError as error:
        raise CardError(f"pack {pack.name} ({pack.distribution}): {error}; repair the pack or uninstall it") from error


def _add(entries: dict[str, Entry[Any]], entry: Entry[Any]) -> None:
    other = entries.get(entry.card.name)
    if other is not None:
        kind = next(name for name, model in KINDS.items() if isinstance(entry.card, model))
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
    """Return the cards of all installed packs, read once per process."""
    return Registry(installed_packs())
