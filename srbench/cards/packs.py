"""Packs and their card files.

A pack is an importable package named by an entry point in the group `srbench.packs`. Its cards are read as files; its
code does not run until one of its factories or readers is called.

A pack of other people that cannot be used is left out, so that everything else goes on. A pack of srbench's own raises:
the installation is broken.
"""

import importlib.util
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from srbench.cards.dataset import DatasetCard
from srbench.cards.literature import ReportCard, RulesCard
from srbench.cards.measure import ClassifierCard, MetricCard
from srbench.cards.method import MethodCard
from srbench.cards.protocol import ProtocolCard
from srbench.errors import CardError
from srbench.isolation import isolated

PACK_GROUP = "srbench.packs"


@dataclass(frozen=True)
class Pack:
    """A package of cards.

    Attributes:
        distribution: Name and version of the distribution that contains it.
        folder: Folder that holds the pack's card files.
        built_in: Whether the pack is srbench's own.
    """

    name: str
    distribution: str
    folder: Path
    built_in: bool = False

    @property
    def title(self) -> str:
        """Name and distribution, for messages."""
        return f"{self.name} ({self.distribution})"


@dataclass(frozen=True)
class LeftOut:
    """A pack of other people that is left out, or some of its cards.

    Attributes:
        name: Name of the pack.
        distribution: Name and version of its distribution.
        reason: Why, on one line, with what to do.
        whole: Whether the whole pack is left out.
        cards: Reason for each card that is left out, by kind and name, as far as these are known.
        all_known: Whether `cards` has every card that is left out.
    """

    name: str
    distribution: str
    reason: str
    whole: bool
    cards: Mapping[tuple[str, str], str]
    all_known: bool

    def __str__(self) -> str:
        return f"pack {self.name} ({self.distribution}) is left out{'' if self.whole else ' in part'}: {self.reason}"


def installed_packs() -> tuple[tuple[Pack, ...], tuple[LeftOut, ...]]:
    """Return the installed packs, sorted by name, and those that are not importable packages.

    Raises:
        CardError: A pack of srbench's own is not an importable package.
    """
    packs: list[Pack] = []
    left_out: list[LeftOut] = []
    for point in sorted(entry_points(group=PACK_GROUP), key=lambda point: point.name):
        owner = f"{point.dist.name} {point.dist.version}" if point.dist else "unknown distribution"
        built_in = point.dist is not None and point.dist.name == "srbench"
        try:
            packs.append(Pack(point.name, owner, _package_folder(point), built_in))
        except CardError as error:
            if built_in:
                raise CardError(f"pack {point.name} ({owner}): {error}; reinstall srbench") from error
            reason = f"{error}; repair the pack or uninstall it"
            left_out.append(LeftOut(point.name, owner, reason, whole=True, cards={}, all_known=False))
    return tuple(packs), tuple(left_out)


def _package_folder(point: EntryPoint) -> Path:
    """Return the folder of a package; its parent packages are imported."""
    with isolated(CardError, f"cannot import {point.value}:"):
        spec = importlib.util.find_spec(point.value)
        folders = list(spec.submodule_search_locations or ()) if spec else []
    if not folders:
        raise CardError(f"{point.value} is not a package folder")
    return Path(folders[0])


def load_target(target: str, owner: str) -> Any:
    """Import the object that a card names as `module:attribute`; `owner`, the card's pack, is named in errors.

    Raises:
        CardError: The module or the attribute cannot be loaded.
    """
    module, _, attribute = target.partition(":")
    try:
        with isolated(CardError, f"cannot load {target}:"):
            return getattr(importlib.import_module(module), attribute)
    except CardError as error:
        raise CardError(f"pack {owner}: {error}; repair the pack") from error


Card = MethodCard | DatasetCard | ProtocolCard | MetricCard | ClassifierCard | ReportCard | RulesCard

KINDS: dict[str, type[Card]] = {
    "method": MethodCard,
    "dataset": DatasetCard,
    "protocol": ProtocolCard,
    "metric": MetricCard,
    "classifier": ClassifierCard,
    "report": ReportCard,
    "rules": RulesCard,
}


def is_card_file(name: str) -> bool:
    """Return whether a file name is that of a card: `card.toml` or `*.card.toml`."""
    return name == "card.toml" or name.endswith(".card.toml")


def read_card(path: Path) -> Card:
    """Read a card file.

    Exactly one of the tables in `KINDS`, such as `[method]`, determines the kind of card; other tables, such as
    `[[weights]]`, are fields of the same card.

    Raises:
        CardError: The file is not TOML, has none or several of these tables, or a field is missing, unknown or invalid.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:  # a number may have too many digits, a table be too deep
        raise CardError(f"{path}: cannot be read as a card ({error}); expected TOML in UTF-8") from error
    kinds = [kind for kind in KINDS if kind in tables]
    if len(kinds) != 1 or not isinstance(tables[kinds[0]], dict):
        raise CardError(f"{path}: a card holds exactly one of the tables [{'], ['.join(KINDS)}]; found {kinds}")
    head = tables.pop(kinds[0])
    twice = sorted(head.keys() & tables.keys())
    if twice:
        raise CardError(f"{path}: {', '.join(twice)} given twice, inside and beside [{kinds[0]}]; remove one")
    try:
        return KINDS[kinds[0]].model_validate(head | tables)
    except ValidationError as error:
        raise CardError(f"{path}: {_problems(error)}") from error


def declared_names(path: Path) -> set[tuple[str, str]]:
    """Return kind and name of a card, even of a malformed one; empty if the file does not tell."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return set()
    try:
        tables = tomllib.loads(text)
    except (ValueError, RecursionError):  # not TOML: the first name below the heading
        heading = re.search(rf"^\s*\[({'|'.join(KINDS)})\]", text, re.MULTILINE)
        name = heading and re.search(r"^\s*name\s*=\s*[\"']([^\"'\n]+)", text[heading.end() :], re.MULTILINE)
        return {(heading[1], name[1])} if heading and name else set()
    heads = {kind: tables[kind] for kind in KINDS if isinstance(tables.get(kind), dict)}
    return {(kind, head["name"]) for kind, head in heads.items() if isinstance(head.get("name"), str)}


def _problems(error: ValidationError) -> str:
    """Return each invalid field with its error."""
    return "; ".join(
        f"{'.'.join(str(part) for part in item['loc']) or 'card'}: {item['msg']}" for item in error.errors()
    )
