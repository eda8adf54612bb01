"""Metrics by name, or given as `Metric` objects."""

import re
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from srbench.api import Metric, MetricInfo, MetricRequest, MetricSpec, is_column
from srbench.cards import Entry, MetricCard, Registry, load_target
from srbench.errors import MethodError, RequestError
from srbench.files import combine, module_sha256
from srbench.isolation import isolated

DEFAULT_METRICS = ("psnr", "ssim", "ms_ssim", "l1")
"""Metrics that a run computes by default."""

_FIELDS: tuple[tuple[str, Callable[[object], bool], str], ...] = (
    ("name", lambda value: isinstance(value, str), "text"),
    ("unit", lambda value: isinstance(value, str), "text, empty for a pure number"),
    ("higher_is_better", lambda value: isinstance(value, bool), "True or False"),
    ("decimals", lambda value: type(value) is int and 0 <= value <= 9, "a whole number, 0 to 9"),
    ("summary", lambda value: isinstance(value, str), "text"),
    ("function", lambda value: value is None or callable(value), "a function of (sr, hr)"),
    ("formula", lambda value: value is None or callable(value), "a function of an image pair"),
)
"""Fields of a caller's `Metric`, which is not checked as a card is: name, check, and what is expected."""


@dataclass(frozen=True)
class CardMetric:
    """A metric declared by a card."""

    entry: Entry[MetricCard]

    @property
    def info(self) -> MetricInfo:
        """The card's name, unit, direction and decimals."""
        return self.entry.card.info

    def identity(self) -> str:
        """Return a hash, 16 hexadecimal digits, of the pack, and of the metric's code with all it may import."""
        target = self.entry.card.factory or str(self.entry.card.formula)
        code = module_sha256(target.partition(":")[0])
        return combine(pack=self.entry.pack.distribution, code=code, target=target)[:16]

    def build(self, device: str) -> Metric:
        """Load the card's formula or factory and return the metric.

        Raises:
            CardError: The card's formula or factory cannot be imported.
            MethodError: The factory failed, or made nothing that can be called.
        """
        card, owner = self.entry.card, self.entry.pack.name
        if card.factory is None:
            formula = load_target(str(card.formula), owner)
        else:
            with isolated(MethodError, f"metric {card.name} cannot be built:"):
                formula = load_target(card.factory, owner)(MetricRequest(device))
        if not callable(formula):
            raise MethodError(f"metric {card.name} cannot be built: got {formula!r}, expected a function")
        return Metric(**vars(self.info), formula=formula)


@dataclass(frozen=True)
class GivenMetric:
    """A `Metric` object from the caller; its code cannot be hashed, so its values are never reused by another call."""

    metric: Metric
    call: str

    @property
    def info(self) -> MetricInfo:
        """The object's name, unit, direction and decimals."""
        one = self.metric
        return MetricInfo(one.name, one.unit, one.higher_is_better, one.decimals, one.summary)

    def identity(self) -> str:
        """Return a text that differs for each call of `run`, so that stored values are never reused."""
        return self.call

    def build(self, device: str) -> Metric:
        """Return the `Metric` object itself."""
        return self.metric


def find_metrics(asked: Sequence[str | Metric], cards: Registry) -> tuple[MetricSpec, ...]:
    """Find the requested metrics, given as card names or `Metric` objects.

    Raises:
        UnknownNameError: No card has one of the names.
        RequestError: An object is no metric, has the name of a card or column, or an invalid field.
    """
    for one in asked:
        if not isinstance(one, str | Metric):
            raise RequestError(f"metric {one!r}: write its name, or srbench.Metric(…, function=f) for a function f")
    return tuple(_given(one, cards) if isinstance(one, Metric) else CardMetric(cards.metric(one)) for one in asked)


def _given(metric: Metric, cards: Registry) -> GivenMetric:
    name = metric.name
    for field, fits, expected in _FIELDS:
        value = getattr(metric, field)
        if not fits(value):
            raise RequestError(f"metric {name!r}: {field} is {value!r}, expected {expected}")
    if name in cards.metrics or is_column(name):
        raise RequestError(f"metric {name!r} is the name of another metric or of a table column; rename yours")
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", name):
        raise RequestError(f"metric {name!r}: invalid name; use lower-case letters, digits, _ and -")
    return GivenMetric(metric, uuid.uuid4().hex)
