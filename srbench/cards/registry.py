"""Cards of the installed packs, by kind and name."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from srbench.cards.dataset import DatasetCard
from srbench.cards.literature import ReportCard, RulesCard
from srbench.cards.measure import ClassifierCard, MetricCard
from srbench.cards.method import MethodCard
from srbench.cards.packs import (
    KINDS,
    Card,
    LeftOut,
    Pack,
    declared_names,
    installed_packs,
    is_card_file,
    read_card,
)
from srbench.cards.protocol import ProtocolCard
from srbench.errors import CardError, UnknownNameError, suggest

AnyCard = TypeVar("AnyCard", bound=Card)


@dataclass(frozen=True)
class Entry(Generic[AnyCard]):
    """A card with its pack and file."""

    card: AnyCard
    pack: Pack
    path: Path


class Registry:
    """Cards of the given packs, by kind and name.

    Attributes:
        packs: The packs in use.
        problems: Packs of other people that are left out, or that claim a name of another pack.
    """

    def __init__(self, packs: Iterable[Pack], problems: Iterable[LeftOut] = ()) -> None:
        """Read every card of every pack; `problems` are packs that were left out before.

        Raises:
            CardError: A pack of srbench's own holds a malformed card, no card, or a name twice.
        """
        used: list[Pack] = []
        left_out = list(problems)
        claims: dict[_Key, list[Entry[Any]]] = {}
        for pack in packs:
            try:
                entries = _entries(pack)
            except CardError as error:
                if pack.built_in:
                    raise CardError(f"pack {pack.title}: {error}; reinstall srbench") from error
                left_out.append(_left_out(pack, error))
                continue
            used.append(pack)
            for entry in entries:
                claims.setdefault((_kind(entry.card), entry.card.name), []).append(entry)
        found, contested = _settled(claims)
        self.packs = tuple(used)
        self.problems = (*left_out, *contested)
        self.methods: Mapping[str, Entry[MethodCard]] = MappingProxyType(found["method"])
        self.datasets: Mapping[str, Entry[DatasetCard]] = MappingProxyType(found["dataset"])
        self.protocols: Mapping[str, Entry[ProtocolCard]] = MappingProxyType(found["protocol"])
        self.metrics: Mapping[str, Entry[MetricCard]] = MappingProxyType(found["metric"])
        self.classifiers: Mapping[str, Entry[ClassifierCard]] = MappingProxyType(found["classifier"])
        self.reports: Mapping[str, Entry[ReportCard]] = MappingProxyType(found["report"])
        self.rules: Mapping[str, Entry[RulesCard]] = MappingProxyType(found["rules"])

    def method(self, name: str) -> Entry[MethodCard]:
        """Return a method's card by name; raise UnknownNameError, or CardError if its pack is left out."""
        return self._find(self.methods, "method", name)

    def dataset(self, name: str) -> Entry[DatasetCard]:
        """Return a dataset's card by name; raise UnknownNameError, or CardError if its pack is left out."""
        return self._find(self.datasets, "dataset", name)

    def protocol(self, name: str) -> Entry[ProtocolCard]:
        """Return a protocol's card by name; raise UnknownNameError, or CardError if its pack is left out."""
        return self._find(self.protocols, "protocol", name)

    def metric(self, name: str) -> Entry[MetricCard]:
        """Return a metric's card by name; raise UnknownNameError, or CardError if its pack is left out."""
        return self._find(self.metrics, "metric", name)

    def classifier(self, name: str) -> Entry[ClassifierCard]:
        """Return a classifier's card by name; raise UnknownNameError, or CardError if its pack is left out."""
        return self._find(self.classifiers, "classifier", name)

    def rule_set(self, name: str) -> Entry[RulesCard]:
        """Return a card of rules by name; raise UnknownNameError, or CardError if its pack is left out."""
        return self._find(self.rules, "rules", name)

    def _find(self, entries: Mapping[str, Entry[AnyCard]], kind: str, name: str) -> Entry[AnyCard]:
        if name in entries:
            return entries[name]
        for problem in self.problems:
            if reason := problem.cards.get((kind, name.partition(":")[0])):
                raise CardError(reason)
        unread = [problem.name for problem in self.problems if not problem.all_known]
        perhaps = f"; or is it in pack {' or '.join(unread)}, which is left out?" if unread else ""
        listed = f"{kind.removesuffix('s')}s"
        raise UnknownNameError(f"unknown {kind} {name!r}{suggest(name, entries)}; see: srbench list {listed}{perhaps}")


_Key = tuple[str, str]
"""Kind and name of a card."""


def _kind(card: Card) -> str:
    return next(kind for kind, model in KINDS.items() if isinstance(card, model))


def _paths(pack: Pack) -> list[Path]:
    return sorted(path for path in pack.folder.rglob("*.toml") if is_card_file(path.name))


def _entries(pack: Pack) -> list[Entry[Any]]:
    """Read the cards of a pack.

    Raises:
        CardError: A card is malformed, there is none, or two have the same name.
    """
    paths = _paths(pack)
    if not paths:
        raise CardError("holds no card.toml or *.card.toml; is it packaged?")
    entries = {path: Entry(read_card(path), pack, path) for path in paths}
    seen: dict[_Key, Path] = {}
    for path, entry in entries.items():
        key = _kind(entry.card), entry.card.name
        if key in seen:
            raise CardError(f"{key[0]} {key[1]!r} is the name of two cards, {seen[key].name} and {path.name}")
        seen[key] = path
    return list(entries.values())


def _left_out(pack: Pack, error: CardError) -> LeftOut:
    """Describe a pack of which a card is malformed, with the names of all its cards as far as they can be read."""
    names = [declared_names(path) for path in _paths(pack)]
    reason = f"{' '.join(str(error).split())}; repair the pack or uninstall it"
    cards = {
        (kind, name): f"{kind} {name!r} is in pack {pack.title}, which is left out: {reason}"
        for kind, name in set().union(*names)
    }
    return LeftOut(pack.name, pack.distribution, reason, whole=True, cards=cards, all_known=all(names))


def _settled(claims: Mapping[_Key, list[Entry[Any]]]) -> tuple[dict[str, dict[str, Entry[Any]]], list[LeftOut]]:
    """Give each name to the only pack that claims it, else to srbench's own, else to none.

    Returns:
        Entries by kind and name, and the packs whose claims failed.

    Raises:
        CardError: Two packs of srbench's own claim a name.
    """
    found: dict[str, dict[str, Entry[Any]]] = {kind: {} for kind in KINDS}
    failed: dict[Pack, list[tuple[_Key, str]]] = {}
    for (kind, name), entries in claims.items():
        own = [entry for entry in entries if entry.pack.built_in]
        if own or len(entries) == 1:
            found[kind][name] = (own or entries)[0]
        if len(entries) == 1:
            continue
        packs = " and ".join(f"{one.pack.name} ({one.pack.distribution}, {one.path.name})" for one in entries)
        clash = f"{kind} {name!r} is claimed by {'two' if len(entries) == 2 else len(entries)} packs: {packs}"
        if len(own) > 1:
            raise CardError(f"{clash}; reinstall srbench")
        reason = f"{clash}; srbench's own is used" if own else f"{clash}; none is used, uninstall one"
        for entry in [one for one in entries if one not in own][0 if own else 1 :]:
            failed.setdefault(entry.pack, []).append(((kind, name), reason))
    return found, [_contested(pack, reasons) for pack, reasons in failed.items()]


def _contested(pack: Pack, reasons: Sequence[tuple[_Key, str]]) -> LeftOut:
    more = f" (and {len(reasons) - 1} more of its cards)" if len(reasons) > 1 else ""
    reason = f"{reasons[0][1]}{more}"
    return LeftOut(pack.name, pack.distribution, reason, whole=False, cards=dict(reasons), all_known=True)


@lru_cache(maxsize=1)
def installed_cards() -> Registry:
    """Return the cards of all installed packs, read once per process."""
    return Registry(*installed_packs())
