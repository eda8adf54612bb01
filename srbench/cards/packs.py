"""Packs and their card files.

A pack is an importable package named by an entry point in the group `srbench.packs`. Its cards are read as files; its
code does not run until one of its factories or readers is called.
"""

import importlib.util
import tomllib
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from srbench.cards.dataset import DatasetCard
from srbench.cards.measure import ClassifierCard, MetricCard
from srbench.cards.method import MethodCard
from srbench.cards.protocol import ProtocolCard
from srbench.cards.report import ReportCard
from srbench.errors import CardError, one_line

PACK_GROUP = "srbench.packs"


@dataclass(frozen=True)
class Pack:
    """A package of cards.

    Attributes:
        distribution: Name and version of the distribution that contains it.
        folder: Folder that holds the pack's card files.
    """

    name: str
    distribution: str
    folder: Path


def installed_packs() -> tuple[Pack, ...]:
    """Return the installed packs, sorted by name.

    Raises:
        CardError: An entry point does not name an importable package.
    """
    packs = []
    for point in sorted(entry_points(group=PACK_GROUP), key=lambda point: point.name):
        owner = f"{point.dist.name} {point.dist.version}" if point.dist else "unknown distribution"
        try:
            spec = importlib.util.find_spec(point.value)
        except ImportError as error:
            raise CardError(f"pack {point.name} ({owner}): cannot import {point.value} ({error}); repair it") from error
        folders = list(spec.submodule_search_locations or ()) if spec else []
        if not folders:
            raise CardError(f"pack {point.name} ({owner}): {point.value} is not a package folder")
        packs.append(Pack(point.name, owner, Path(folders[0])))
    return tuple(packs)


def load_target(target: str, owner: str) -> Any:
    """Import the object that a card names as `module:attribute`; `owner`, the card's pack, is named in errors.

    Raises:
        CardError: The module or the attribute cannot be loaded.
    """
    module, _, attribute = target.partition(":")
    try:
        return getattr(importlib.import_module(module), attribute)
    except Exception as error:  # any code may run here: torchvision raises RuntimeError if it does not fit torch
        raise CardError(f"pack {owner}: cannot load {target} ({one_line(error)}); repair the pack") from error


Card = MethodCard | DatasetCard | ProtocolCard | MetricCard | ClassifierCard | ReportCard

KINDS: dict[str, type[Card]] = {
    "method": MethodCard,
    "dataset": DatasetCard,
    "protocol": ProtocolCard,
    "metric": MetricCard,
    "classifier": ClassifierCard,
    "report": ReportCard,
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
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
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


def _problems(error: ValidationError) -> str:
    """Return each invalid field with its error."""
    return "; ".join(
        f"{'.'.join(str(part) for part in item['loc']) or 'card'}: {item['msg']}" for item in error.errors()
    )
