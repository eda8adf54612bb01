"""TOML cards as validated models, and the packs that bring them."""

from __future__ import annotations

from srbench.cards.classifier import ClassifierCard
from srbench.cards.dataset import ArchiveEntry, DatasetCard
from srbench.cards.method import MethodCard, PublishedBlock, WeightsEntry
from srbench.cards.metric import MetricCard
from srbench.cards.packs import load_target
from srbench.cards.protocol import Degradation, ProtocolCard
from srbench.cards.registry import Entry, Registry, installed_cards
from srbench.cards.report import ReportCard, ReportedFigure

__all__ = [
    "ArchiveEntry",
    "ClassifierCard",
    "DatasetCard",
    "Degradation",
    "Entry",
    "MethodCard",
    "MetricCard",
    "ProtocolCard",
    "PublishedBlock",
    "Registry",
    "ReportCard",
    "ReportedFigure",
    "WeightsEntry",
    "installed_cards",
    "load_target",
]
