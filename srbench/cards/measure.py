"""Cards of metrics and classifiers."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from srbench.api import MetricInfo, Task, is_column
from srbench.cards.fields import Name, Sha256, Strict, Target, Text


class MetricCard(Strict):
    """A metric of an upscaled image and its HR, on the planes and inside the border that the protocol scores."""

    name: Name
    summary: Text
    unit: str
    """Unit of the values: `dB`, `8-bit levels`, or empty for a pure number."""
    higher_is_better: bool
    decimals: Annotated[int, Field(ge=0, le=9)]
    """Number of decimals in printed tables."""
    formula: Target | None = None
    """`module:attribute` of a function of an ImagePair."""
    factory: Target | None = None
    """`module:attribute` of a MetricFactory; instead of `formula`, for a metric that loads files."""
    licence: Text
    source: Text

    @model_validator(mode="after")
    def _one_way_to_compute(self) -> MetricCard:
        if (self.formula is None) == (self.factory is None):
            raise ValueError("give exactly one of `formula` and `factory`")
        if is_column(self.name):
            raise ValueError(f"{self.name!r} is already a column of the leaderboard; choose another name")
        return self

    @property
    def info(self) -> MetricInfo:
        """Name, unit, direction and decimals of the metric."""
        return MetricInfo(self.name, self.unit, self.higher_is_better, self.decimals, self.summary)


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
