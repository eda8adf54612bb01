"""Packs and their cards: find, list, suggest, and load one object lazily.

A pack is an importable package named by an entry point in the group `srbench.packs`. Its cards are found as files;
no code of a pack runs until one of its factories or readers is asked for.
"""

from __future__ import annotations

import difflib
import importlib
import importlib.util
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import entry_points
from pathlib import Path
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from srbench.cards import (
    Card,
    ClassifierCard,
    DatasetCard,
    MethodCard,
    ProtocolCard,
    ReportCard,
    is_card_file,
    read_card,
)
from srbench.errors import CardError, UnknownNameError, one_line

__all__ = ["PACK_GROUP", "Entry", "Pack", "Registry", "installed_packs", "load_target", "registry", "suggest"]

PACK_GROUP = "srbench.packs"

AnyCard = TypeVar("AnyCard", bound=Card)


@dataclass(frozen=True)
class Pack:
    """A package of cards.

    Attributes:
        name: The entry point's name.
        distribution: Who installed it, with its version.
        folder: Where its cards lie.
    """

    name: str
    distribution: str
    folder: Path


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


def suggest(name: str, known: Iterable[str]) -> str:
    """Return ', did you mean …?' for the nearest known names, or nothing where none is near."""
    near = difflib.get_close_matches(name.lower(), list(known), n=2)
    return f", did you mean {' or '.join(near)}?" if near else ""


def installed_packs() -> tuple[Pack, ...]:
    """The packs of the running Python, in the order of their names.

    Raises:
        CardError: An entry point names no importable package.
    """
    packs = []
    for point in sorted(entry_points(group=PACK_GROUP), key=lambda point: point.name):
        owner = f"{point.dist.name} {point.dist.version}" if point.dist else "unknown distribution"
        try:
            spec = importlib.util.find_spec(point.value)
        except ImportError as error:
            raise CardError(f"pack {point.name} ({owner}): cannot import {point.value} ({error})") from error
        folders = list(spec.submodule_search_locations or ()) if spec else []
        if not folders:
            raise CardError(f"pack {point.name} ({owner}): {point.value} is not a package; packs are packages")
        packs.append(Pack(point.name, owner, Path(folders[0])))
    return tuple(packs)


def load_target(target: str, owner: str) -> Any:
    """Import `module:attribute`.

    Args:
        target: As a card gives it.
        owner: The pack to name in the message.

    Raises:
        CardError: The module or the attribute is not there.
    """
    module, _, attribute = target.partition(":")
    try:
        return getattr(importlib.import_module(module), attribute)
    except Exception as error:  # a pack is anyone's code; a torchvision that does not fit torch raises RuntimeError
        raise CardError(f"pack {owner}: cannot load {target} ({one_line(error)})") from error


@lru_cache(maxsize=1)
def registry() -> Registry:
    """All installed cards, read once in a process."""
    return Registry(installed_packs())
