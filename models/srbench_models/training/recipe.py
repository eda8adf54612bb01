"""A recipe: everything a training run depends on, in one TOML file that a reader understands."""

from __future__ import annotations

import importlib
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from srbench.errors import RequestError

if TYPE_CHECKING:
    from torch import nn

__all__ = ["DataOptions", "Recipe", "ScheduleOptions", "read_recipe"]

Count = Annotated[int, Field(gt=0)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Header(_Strict):
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    network: str = Field(pattern=r"^[\w.]+:\w+$")
    seed: int
    start_from: str | None = None
    """A weight file beside the recipe; tensors of the same name and shape begin with its values."""


class DataOptions(_Strict):
    """Which images, and what is cut from them."""

    folders: Annotated[list[str], Field(min_length=1)]
    """Names of folders below the `--data` directory."""
    hold_out_every: Annotated[int, Field(ge=2)]
    """Every so-manieth image of a folder, in name order, is for validation only."""
    patch: Count
    """Side of an LR patch, in pixels."""
    batch: Count
    """Patches per step."""


class ScheduleOptions(_Strict):
    """How long and how fast to learn."""

    loss: Literal["l1"]
    steps: Count
    warmup_steps: Annotated[int, Field(ge=0)]
    learning_rate: Annotated[float, Field(gt=0)]
    """Peak of the cosine, for Adam."""
    ema_decay: Annotated[float, Field(ge=0, lt=1)]
    """Decay of the moving average of the weights, per step."""
    steps_per_epoch: Count
    """Steps between two validations and two resumable checkpoints."""
    precision: Literal["32-true", "bf16-mixed"]


class Recipe(_Strict):
    """One training run; the same recipe and images give the same weights on the same machine."""

    recipe: _Header
    network: dict[str, int | float]
    """Arguments of the network; must hold `scale`."""
    data: DataOptions
    schedule: ScheduleOptions

    @property
    def scale(self) -> int:
        """The upscaling factor."""
        return int(self.network["scale"])

    @property
    def epochs(self) -> int:
        """Epochs that hold all steps; the last one must not be cut short, so steps are a multiple."""
        return self.schedule.steps // self.schedule.steps_per_epoch

    def build_network(self) -> nn.Module:
        """Build the network with fresh weights."""
        module, _, attribute = self.recipe.network.partition(":")
        network: nn.Module = getattr(importlib.import_module(module), attribute)(**self.network)
        return network

    def describe(self) -> dict[str, Any]:
        """The recipe as plain values, for metadata."""
        return self.model_dump(mode="json")


def read_recipe(path: Path) -> Recipe:
    """Read and validate a recipe.

    Args:
        path: A `.recipe.toml` file.

    Raises:
        RequestError: The file is missing, is no TOML, or breaks a rule; the message names the field.
    """
    try:
        recipe = Recipe.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise RequestError(
            f"{path}: no such recipe; recipes end in .recipe.toml and lie beside a model's card"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RequestError(f"{path}: not a TOML file ({error})") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise RequestError(f"{path}: {where}: {first['msg']} (given: {first['input']!r})") from error
    if "scale" not in recipe.network:
        raise RequestError(f"{path}: [network] lacks `scale`")
    if recipe.schedule.steps % recipe.schedule.steps_per_epoch:
        raise RequestError(f"{path}: steps ({recipe.schedule.steps}) must be a multiple of steps_per_epoch")
    return recipe
