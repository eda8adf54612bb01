"""The card of a classifier."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from srbench.api import Task
from srbench.cards.fields import Name, Sha256, Strict, Target, Text


class ClassifierWeights(Strict):
    """The weight file that comes with a classifier."""

    file: Text
    """Relative to the card."""
    sha256: Sha256
    licence: Text
    trained_on: Annotated[tuple[str, ...], Field(min_length=1)]
    parameters: Annotated[int, Field(gt=0)]


class ClassifierCard(Strict):
    """A network that says what is in an image."""

    name: Name
    title: Text
    summary: Text
    factory: Target
    """`module:attribute`, a ClassifierFactory."""
    task: Task
    licence: Text
    source: Text
    weights: ClassifierWeights | None = None
    """Shipped ones; without them the user gives a file, or names a variant."""
    variants: Text | None = None
    """What may follow the colon in `timm:resnet50`; None where nothing may."""

    @model_validator(mode="after")
    def _one_source_of_weights(self) -> ClassifierCard:
        if self.weights is not None and self.variants is not None:
            raise ValueError("a classifier with variants has no weights of its own")
        return self
