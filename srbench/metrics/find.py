"""Metrics by name, or given as `Metric` objects."""

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import get_args

from srbench.api import LooksAt, Metric, MetricInfo, MetricRequest, MetricSpec, is_column
from srbench.cards import Entry, MetricCard, Registry, load_target
from srbench.errors import MethodError, RequestError, UnknownNameError, suggest
from srbench.files import combine, existing_files, library_versions, module_sha256, numbers_code
from srbench.isolation import isolated
from srbench.metrics.weights import MetricWeights

DEFAULT_METRICS = ("psnr", "ssim", "ms_ssim", "l1")
"""Metrics that a run computes by default."""

_FIELDS: tuple[tuple[str, Callable[[object], bool], str], ...] = (
    ("name", lambda value: isinstance(value, str), "text"),
    ("unit", lambda value: isinstance(value, str), "text, empty for a pure number"),
    ("higher_is_better", lambda value: isinstance(value, bool), "True or False"),
    ("decimals", lambda value: type(value) is int and 0 <= value <= 9, "a whole number, 0 to 9"),
    ("summary", lambda value: isinstance(value, str), "text"),
    ("looks_at", lambda value: value in get_args(LooksAt), "'scored', 'rgb' or 'lr'"),
    ("remark", lambda value: isinstance(value, str), "text"),
    ("perceptual", lambda value: isinstance(value, bool), "True or False"),
    ("function", lambda value: value is None or callable(value), "a function of (sr, hr)"),
    ("formula", lambda value: value is None or callable(value), "a function of an image pair"),
)
"""Fields of a caller's `Metric`, which is not checked as a card is: name, check, and what is expected."""


@dataclass(frozen=True)
class CardMetric:
    """A metric declared by a card.

    Attributes:
        entry: The card with its pack.
        variant: Text after the colon in `lpips:vgg`; empty if none.
        file: Its weight file; None if it has none.
    """

    entry: Entry[MetricCard]
    variant: str = ""
    file: MetricWeights | None = None
    _built: dict[str, Metric] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __getstate__(self) -> dict[str, object]:
        """State without what was built, which another process builds anew."""
        return {**self.__dict__, "_built": {}}

    @cached_property
    def info(self) -> MetricInfo:
        """Name, unit, direction and decimals, of the card or of the variant."""
        card = self.entry.card
        name = self.file.metric if self.file else f"{card.name}:{self.variant}" if self.variant else card.name
        if isinstance(card.variants, dict):
            return replace(card.info, name=name, summary=card.variants[self.variant])
        if card.describe is None:
            return replace(card.info, name=name)
        describe = load_target(card.describe, self.entry.pack.name)
        with isolated(RequestError, f"metric {name}:"):
            found = describe(self.variant)
        if type(found) is not MetricInfo:
            raise RequestError(f"metric {name}: {card.describe} returned {found!r:.80}, expected a MetricInfo")
        described = replace(found, name=name, looks_at=card.looks_at, perceptual=card.perceptual)
        _check_fields(described, _FIELDS[: len(fields(MetricInfo))])
        return described

    @property
    def weights(self) -> str:
        """sha256 of the weight file; empty if there is none."""
        return self.file.identity() if self.file else ""

    def identity(self) -> str:
        """Return a hash, 16 hexadecimal digits, of pack, variant, weights, the metric's code, and srbench's own.

        The code is all that the card's module may import, and of srbench all that decides numbers, with the libraries
        it uses. A weight file of which the card has only the first digits of the hash is obtained for it.
        """
        card = self.entry.card
        target = card.factory or str(card.formula)
        return combine(
            pack=self.entry.pack.distribution,
            code=module_sha256(target.partition(":")[0]),
            target=target,
            variant=self.variant,
            looks_at=self.info.looks_at,
            remark=self.info.remark,
            weights=self.weights,
            numbers=numbers_code(),
            libraries=library_versions(),
        )[:16]

    def build(self, device: str) -> Metric:
        """Load the card's formula or factory and return the metric.

        Raises:
            CardError: The card's formula or factory cannot be imported.
            WeightsError: The weights cannot be obtained.
            MethodError: The factory failed, or made nothing that can be called.
        """
        if device in self._built:
            return self._built[device]
        card, owner = self.entry.card, self.entry.pack.name
        if card.factory is None:
            formula = load_target(str(card.formula), owner)
        else:
            factory = load_target(card.factory, owner)
            weights = self.file.obtain() if self.file else None
            with isolated(MethodError, f"metric {self.info.name} cannot be built:"):
                formula = factory(MetricRequest(device, self.variant, weights))
        if not callable(formula):
            raise MethodError(f"metric {self.info.name} cannot be built: got {formula!r}, expected a function")
        self._built[device] = Metric(**vars(self.info), formula=formula)
        return self._built[device]


@dataclass(frozen=True)
class GivenMetric:
    """A `Metric` object from the caller; its code cannot be hashed, so its values are never reused by another call."""

    metric: Metric
    call: str
    weights: str = ""

    @property
    def info(self) -> MetricInfo:
        """The object's name, unit, direction and decimals."""
        return MetricInfo(**{one.name: getattr(self.metric, one.name) for one in fields(MetricInfo)})

    def identity(self) -> str:
        """Return a text that differs for each call of `run`, so that stored values are never reused."""
        return self.call

    def build(self, device: str) -> Metric:
        """Return the `Metric` object itself."""
        return self.metric


def find_metrics(
    asked: Sequence[str | Metric], cards: Registry, files: Mapping[str, Path | str] = MappingProxyType({})
) -> tuple[MetricSpec, ...]:
    """Find the requested metrics.

    Args:
        asked: Names of cards, `name:variant`, either with `@own` for a weight file of the user's, or `Metric` objects.
        cards: Registry to look names up in.
        files: The user's weight files by name as asked.

    Raises:
        UnknownNameError: No card has one of the names, or a card has no such variant.
        RequestError: A file belongs to no metric, is missing, or is not the card's; or an object is no metric, has the
            name of a card or column, or an invalid field.
    """
    for one in asked:
        if not isinstance(one, str | Metric):
            raise RequestError(f"metric {one!r}: write its name, or srbench.Metric(…, function=f) for a function f")
    names = [one for one in asked if isinstance(one, str)]
    for name in files:
        if name not in names:
            raise RequestError(f"weights for {name!r}, which is not among the metrics ({', '.join(names)}); omit it")
    given = {name: paths[0] for name, paths in existing_files({name: (path,) for name, path in files.items()}).items()}
    return tuple(_given(one, cards) if isinstance(one, Metric) else _named(one, cards, given.get(one)) for one in asked)


def _named(text: str, cards: Registry, given: Path | None) -> CardMetric:
    """Find `name`, `name:variant`, `name@own` or `name:variant@own`."""
    asked, at, own = text.partition("@")
    name, colon, variant = asked.partition(":")
    entry = cards.metric(name)
    card = entry.card
    if is_column(text):
        raise RequestError(f"{text!r} would be a column of the leaderboard already; choose another name after the @")
    if isinstance(card.variants, str):
        if not variant:
            raise RequestError(f"metric {name} needs a variant: write {name}:X, where X is {card.variants}")
    elif variant not in (known := card.variants or {"": ""}) or (colon and not variant):
        has = ", ".join(f"{name}:{one}" if one else name for one in known)
        raise UnknownNameError(f"metric {name} has no variant {variant!r}{suggest(variant, known)}; write {has}")
    if at and not re.fullmatch(r"[\w.+-]+", own):
        raise RequestError(f"{text}: {own!r} cannot name weights; use letters, digits and . _ + -")
    wanted = [file for file in card.weights if file.variant == variant]
    if not wanted:
        if at or given:
            raise RequestError(f"metric {text} takes no weights; write {asked} alone")
        return CardMetric(entry, variant)
    if at and given is None:
        raise RequestError(f"metric {text}: which file? add --weights {text}=FILE, or write {asked}")
    weights = MetricWeights(wanted[0], text, entry.path.parent, entry.pack.distribution, given, own=bool(at))
    weights.refuse_other()
    return CardMetric(entry, variant, weights)


def _check_fields(metric: MetricInfo, rules: Sequence[tuple[str, Callable[[object], bool], str]]) -> None:
    for name, fits, expected in rules:
        value = getattr(metric, name)
        if not fits(value):
            raise RequestError(f"metric {metric.name!r}: {name} is {value!r}, expected {expected}")


def _given(metric: Metric, cards: Registry) -> GivenMetric:
    name = metric.name
    _check_fields(metric, _FIELDS)
    if name in cards.metrics or is_column(name):
        raise RequestError(f"metric {name!r} is the name of another metric or of a table column; rename yours")
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", name):
        raise RequestError(f"metric {name!r}: invalid name; use lower-case letters, digits, _ and -")
    return GivenMetric(metric, uuid.uuid4().hex)
