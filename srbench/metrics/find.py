"""Metrics by name, or as objects of the caller's."""

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from srbench.api import RESERVED_COLUMNS, Metric, MetricInfo, MetricRequest, MetricSpec
from srbench.cards import Entry, MetricCard, Registry, load_target
from srbench.errors import MethodError, RequestError, SRBenchError, one_line
from srbench.files import code_sha256, combine

DEFAULT_METRICS = ("psnr", "ssim", "ms_ssim", "l1")
"""What a run computes by default."""


@dataclass(frozen=True)
class CardMetric:
    """A metric that a card declares."""

    entry: Entry[MetricCard]

    @property
    def info(self) -> MetricInfo:
        """The card's name, unit, direction and decimals."""
        return self.entry.card.info

    def identity(self) -> str:
        """Hash of its pack's version and sources; 16 digits."""
        return combine(pack=self.entry.pack.distribution, code=code_sha256(self.entry.pack.folder))[:16]

    def build(self, device: str) -> Metric:
        """Load its code.

        Raises:
            CardError: The card's formula or factory cannot be imported.
            MethodError: The factory failed.
        """
        card, owner = self.entry.card, self.entry.pack.name
        if card.factory is None:
            formula = load_target(str(card.formula), owner)
        else:
            try:
                formula = load_target(card.factory, owner)(MetricRequest(device))
            except SRBenchError:
                raise
            except (Exception, SystemExit) as error:  # a pack is anyone's code
                raise MethodError(f"metric {card.name} cannot be built: {one_line(error)}") from error
        return Metric(**vars(self.info), formula=formula)


@dataclass(frozen=True)
class GivenMetric:
    """A `Metric` object of the caller's. Its code is not known, so no record is reused in another call."""

    metric: Metric
    call: str

    @property
    def info(self) -> MetricInfo:
        """The object's name, unit, direction and decimals."""
        one = self.metric
        return MetricInfo(one.name, one.unit, one.higher_is_better, one.decimals, one.summary)

    def identity(self) -> str:
        """Different in each call."""
        return self.call

    def build(self, device: str) -> Metric:
        """The object."""
        return self.metric


def find_metrics(asked: Sequence[str | Metric], cards: Registry) -> tuple[MetricSpec, ...]:
    """The metrics that were asked for.

    Args:
        asked: Names of cards, or `Metric` objects.
        cards: Where names are looked up.

    Raises:
        UnknownNameError: No card has one of the names.
        RequestError: An object has a card's name, or one that cannot be a column.
    """
    return tuple(_given(one, cards) if isinstance(one, Metric) else CardMetric(cards.metric(one)) for one in asked)


def _given(metric: Metric, cards: Registry) -> GivenMetric:
    name = metric.name
    if name in cards.metrics or name in RESERVED_COLUMNS:
        raise RequestError(f"metric {name!r} is the name of another metric or column; choose another")
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise RequestError(f"metric {name!r}: use small letters, digits and _, a letter first")
    return GivenMetric(metric, uuid.uuid4().hex)
