"""Recipe of the attribute network: everything its training depends on."""

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
"""First id of CelebA's official test partition."""


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
    """File below that directory, in CelebA's format."""
    train: Ids
    """First and last training image, by name."""
    held_out: Ids
    """First and last held-out image, by name."""

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
    """Whether a recipe has a `[classifier]` table; False if it cannot be read."""
    try:
        return "classifier" in _tables(path)
    except (OSError, ValueError):
        return False


def read_attribute_recipe(path: Path) -> AttributeRecipe:
    """Read a recipe.

    Raises:
        RequestError: The file cannot be read, or a field is missing, unknown or invalid.
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
