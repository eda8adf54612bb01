"""A recipe for the attribute network: all that its training depends on."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from srbench.errors import RequestError

__all__ = ["AttributeRecipe", "is_attribute_recipe", "read_attribute_recipe"]

Count = Annotated[int, Field(gt=0)]
Ids = tuple[str, str]

_FIRST_TEST_FACE = "182638"
"""Of the official partition."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Network(_Strict):
    name: str
    seed: int
    channels: Annotated[tuple[Count, ...], Field(min_length=1)]
    dropout: Annotated[float, Field(ge=0, lt=1)]


class _Data(_Strict):
    images: str
    """Folder below the `--data` directory."""
    labels: str
    """File below it, in CelebA's form."""
    train: Ids
    """First and last image, by name, that is learned from."""
    held_out: Ids
    """Likewise of those that are only tested on."""

    @field_validator("train", "held_out")
    @classmethod
    def _none_to_be_tested_on(cls, span: Ids) -> Ids:
        if span[1] >= _FIRST_TEST_FACE:
            raise ValueError(f"from {_FIRST_TEST_FACE} on CelebA's images are for testing")
        return span


class _Schedule(_Strict):
    epochs: Count
    batch: Count
    learning_rate: Annotated[float, Field(gt=0)]
    weight_decay: Annotated[float, Field(ge=0)]


class AttributeRecipe(_Strict):
    """Network, images and schedule."""

    classifier: _Network
    data: _Data
    schedule: _Schedule


def is_attribute_recipe(path: Path) -> bool:
    """Whether a recipe is of this kind; an unreadable one is left to whoever reads it."""
    try:
        return "classifier" in _tables(path)
    except (OSError, ValueError):
        return False


def read_attribute_recipe(path: Path) -> AttributeRecipe:
    """Read a recipe.

    Raises:
        RequestError: It cannot be read, or a field is missing, unknown or wrong.
    """
    try:
        return AttributeRecipe.model_validate(_tables(path))
    except ValidationError as error:
        fields = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        raise RequestError(f"{path}: {fields}") from error
    except (OSError, ValueError) as error:
        raise RequestError(f"{path}: cannot be read as a recipe ({error})") from error


def _tables(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))
