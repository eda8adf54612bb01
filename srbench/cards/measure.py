"""Cards of metrics and classifiers."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from srbench.api import LooksAt, MetricInfo, Task, is_column
from srbench.cards.fields import Name, Sha256, Strict, Target, Text

Variant = Annotated[str, Field(pattern=r"^([A-Za-z0-9][\w.-]*)?$")]


class MetricFile(Strict):
    """A weight file of a metric, such as its network's: shipped beside the card, or downloaded on first use."""

    variant: Variant = ""
    """Variant of the metric that needs the file; empty for a metric without variants."""
    file: Text
    """Path of a shipped file, relative to the card; for a download, its file name."""
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{8,64}$")]
    """sha256 of the file; of a download, at least the first 8 digits, because some authors publish no more."""
    urls: tuple[Annotated[str, Field(pattern=r"^https?://")], ...] = ()
    """URLs of the file, in the order in which they are tried; empty for a shipped file."""
    tensors: Text | None = None
    """Beginning of the names of the tensors that are needed, such as `features.`; None for the whole file."""
    licence: Text
    parameters: Annotated[int, Field(gt=0)]
    """Number of values that the metric uses of the file."""

    @property
    def member(self) -> None:
        """None: the file is no archive."""
        return

    @property
    def purpose(self) -> str:
        """Empty: a metric's file is for all scales."""
        return ""

    def advice(self, metric: str) -> str:
        """Return how to use one's own copy of the file."""
        return f"and add --weights {metric}=FILE"


class MetricCard(Strict):
    """A metric of an upscaled image and its HR."""

    name: Name
    summary: Text
    unit: str
    """Unit of the values: `dB`, `8-bit levels`, or empty for a pure number."""
    higher_is_better: bool
    decimals: Annotated[int, Field(ge=0, le=9)]
    """Number of decimals in printed tables."""
    looks_at: LooksAt = "scored"
    """What the metric compares; see `LooksAt`."""
    perceptual: bool = False
    """Whether it is meant to agree with what people see, rather than with the samples of HR."""
    formula: Target | None = None
    """`module:attribute` of a function of an ImagePair."""
    factory: Target | None = None
    """`module:attribute` of a MetricFactory; instead of `formula`, for a metric with variants or weights."""
    variants: dict[Variant, Text] | Text | None = None
    """Summaries of the variants in `name:variant` by name; the variant `""` is `name` alone. Or, for a metric whose
    variants are another library's, words that describe them."""
    describe: Target | None = None
    """`module:attribute` of a function that returns a `MetricInfo` for the name and variant of a metric whose variants
    are another library's, without computing anything."""
    weights: tuple[MetricFile, ...] = ()
    cost: Text = "milliseconds a megapixel"
    """What a value costs in time and memory, in words."""
    licence: Text
    source: Text

    @model_validator(mode="after")
    def _one_way_to_compute(self) -> MetricCard:
        if (self.formula is None) == (self.factory is None):
            raise ValueError("give exactly one of `formula` and `factory`")
        if self.factory is None and (self.weights or self.variants):
            raise ValueError("a metric with variants or [[weights]] needs a `factory`, which is called with them")
        if isinstance(self.variants, str) != (self.describe is not None):
            raise ValueError("`describe` is for variants given in words: give both or neither")
        if is_column(self.name):
            raise ValueError(f"{self.name!r} is already a column of the leaderboard; choose another name")
        return self

    @model_validator(mode="after")
    def _weights_of_its_variants(self) -> MetricCard:
        known = set(self.variants) if isinstance(self.variants, dict) else {""}
        of = [entry.variant for entry in self.weights]
        if len(set(of)) < len(of) or not set(of) <= known:
            raise ValueError(f"[[weights]] of variants {of}, expected each of {sorted(known)} at most once")
        if any(not entry.urls and len(entry.sha256) < 64 for entry in self.weights):
            raise ValueError("a shipped file needs a whole sha256; a downloaded file needs urls")
        return self

    @property
    def info(self) -> MetricInfo:
        """Name, unit, direction and decimals of the metric."""
        return MetricInfo(
            self.name,
            self.unit,
            self.higher_is_better,
            self.decimals,
            self.summary,
            looks_at=self.looks_at,
            perceptual=self.perceptual,
        )


class ClassifierWeights(Strict):
    """A weight file shipped with a classifier."""

    file: Text
    """Path of the weight file, relative to the card."""
    sha256: Sha256
    licence: Text
    trained_on: Annotated[tuple[str, ...], Field(min_length=1)]
    parameters: Annotated[int, Field(gt=0)]


class ClassifierCard(Strict):
    """A network that classifies images."""

    name: Name
    title: Text
    summary: Text
    factory: Target
    """`module:attribute` of the function that loads the classifier, a ClassifierFactory."""
    task: Task
    licence: Text
    source: Text
    weights: ClassifierWeights | None = None
    """Weights shipped with the card; None if the user gives a file or a variant."""
    variants: Text | None = None
    """Description of the text after the colon in `timm:resnet50`; None for a classifier without variants."""

    @model_validator(mode="after")
    def _one_source_of_weights(self) -> ClassifierCard:
        if self.weights is not None and self.variants is not None:
            raise ValueError("a classifier has either variants or weights, not both; remove one")
        return self
