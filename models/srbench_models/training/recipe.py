"""Recipe: a TOML file with everything a training run depends on."""

from __future__ import annotations

import importlib
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from srbench.errors import RequestError
from srbench_models.training.benchmarks import is_benchmark_folder

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor, nn

__all__ = [
    "AdversaryOptions",
    "DataOptions",
    "FeatureNetwork",
    "LossOptions",
    "Recipe",
    "ScheduleOptions",
    "read_recipe",
]

Count = Annotated[int, Field(gt=0)]
Weight = Annotated[float, Field(ge=0)]
Rate = Annotated[float, Field(gt=0)]
Argument = int | float | str | list[int]

FeatureNetwork = Literal["squeezenet1_1", "vgg16", "vgg19"]
"""Classifiers whose feature maps a loss can compare."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Header(_Strict):
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    network: str = Field(pattern=r"^[\w.]+:\w+$")
    seed: int
    start_from: str | None = None
    """A weight file, relative to the recipe, that initialises tensors of the same name and shape."""
    begin: Annotated[str, Field(pattern=r"^[\w.]+:\w+$")] | None = None
    """Function that initialises the network instead, from the `start_from` file and a batch of LR patches."""

    @model_validator(mode="after")
    def _begins_from_something(self) -> _Header:
        if self.begin is not None and self.start_from is None:
            raise ValueError("`begin` needs `start_from`")
        return self


class DataOptions(_Strict):
    """Training images and patches."""

    folders: Annotated[list[str], Field(min_length=1)]
    """Names of folders below the `--data` directory."""
    hold_out_every: Annotated[int, Field(ge=2)]
    """Hold out every Nth image of a folder, in name order, for validation."""
    planes: Literal["rgb", "y"] = "rgb"
    """Planes that the network upscales: RGB, or unrounded luma in studio range."""
    patch: Count
    """Side of an LR patch, in pixels."""
    batch: Count
    """Patches per step."""

    @model_validator(mode="after")
    def _not_a_benchmark(self) -> DataOptions:
        found = [name for name in self.folders if is_benchmark_folder(Path(name))]
        if found:
            raise ValueError(f"{', '.join(found)} is a benchmark, which nothing may be trained on")
        return self


class LossOptions(_Strict):
    """Weights of the losses in the sum that is minimised; 0 leaves a loss out."""

    l1: Weight = 0.0
    mse: Weight = 0.0
    total_variation: Weight = 0.0
    perceptual: Weight = 0.0
    texture: Weight = 0.0
    adversarial: Weight = 0.0
    features: FeatureNetwork | None = None
    """The classifier of the perceptual and texture losses."""

    @property
    def weights(self) -> dict[str, float]:
        """Non-zero weights by name of the loss."""
        return {name: value for name, value in self.model_dump(exclude={"features"}).items() if value}

    @model_validator(mode="after")
    def _complete(self) -> LossOptions:
        if not self.weights:
            raise ValueError("no loss has a weight")
        if (self.perceptual > 0 or self.texture > 0) != (self.features is not None):
            raise ValueError("perceptual and texture losses need `features`, and nothing else does")
        return self


class AdversaryOptions(_Strict):
    """The discriminator of an adversarial loss."""

    channels: Annotated[list[int], Field(min_length=1)]
    """Channels of each pair of convolutions; the second of a pair halves the image."""
    batch_norm: bool
    learning_rate: Rate


class ScheduleOptions(_Strict):
    """Training schedule: Adam, linear warm-up, cosine decay to zero, averaged weights."""

    steps: Count
    warmup_steps: Annotated[int, Field(ge=0)]
    learning_rate: Rate
    """Peak learning rate."""
    ema_decay: Annotated[float, Field(ge=0, lt=1)]
    """Decay of the moving average of the weights, per step."""
    checkpoint_every: Count
    """Steps between resumable checkpoints."""
    validate_every: Count
    """Steps between validations."""
    precision: Literal["32-true", "bf16-mixed"]
    freeze_statistics: bool = False
    """Whether batch normalisations keep their initial statistics during training."""

    @model_validator(mode="after")
    def _multiples(self) -> ScheduleOptions:
        if self.validate_every % self.checkpoint_every or self.steps % self.validate_every:
            raise ValueError(
                f"steps ({self.steps}) must be a multiple of validate_every ({self.validate_every}), and that a "
                f"multiple of checkpoint_every ({self.checkpoint_every})"
            )
        return self


class Recipe(_Strict):
    """One training run; the same recipe and images give the same weights on the same machine."""

    recipe: _Header
    network: dict[str, Argument]
    """Arguments of the network; must hold `scale`."""
    data: DataOptions
    loss: LossOptions
    adversary: AdversaryOptions | None = None
    schedule: ScheduleOptions

    @model_validator(mode="after")
    def _complete(self) -> Recipe:
        if not isinstance(self.network.get("scale"), int):
            raise ValueError("[network] lacks `scale`")
        if not 2 <= self.scale <= 16:
            raise ValueError(f"[network] scale is {self.scale}, expected 2 to 16")
        if (self.loss.adversarial > 0) != (self.adversary is not None):
            raise ValueError("an adversarial loss needs an [adversary], and nothing else does")
        if self.data.planes == "y" and (self.loss.features or self.adversary):
            raise ValueError("classifiers and discriminators see RGB; planes 'y' goes with l1, mse, total_variation")
        return self

    @property
    def scale(self) -> int:
        """Upscaling scale."""
        return int(str(self.network["scale"]))

    @property
    def epochs(self) -> int:
        """Number of Lightning epochs; each ends with a checkpoint."""
        return self.schedule.steps // self.schedule.checkpoint_every

    def build_network(self) -> nn.Module:
        """Build the network with random weights.

        Raises:
            RequestError: The network does not exist, or does not accept the arguments.
        """
        try:
            network: nn.Module = self._load(self.recipe.network)(**self.network)
        except (TypeError, LookupError) as error:
            raise RequestError(
                f"recipe {self.recipe.name}: cannot build {self.recipe.network} with {self.network} ({error!r})"
            ) from error
        return network

    def load_begin(self) -> Callable[[nn.Module, Path, Tensor], None] | None:
        """Load the function named by `begin`; None without one.

        Raises:
            RequestError: The function does not exist.
        """
        name = self.recipe.begin
        return None if name is None else self._load(name)

    def _load(self, target: str) -> Any:
        module, _, attribute = target.partition(":")
        try:
            return getattr(importlib.import_module(module), attribute)
        except (ImportError, AttributeError) as error:
            raise RequestError(f"recipe {self.recipe.name}: cannot load {target} ({error})") from error

    def describe(self) -> dict[str, Any]:
        """Convert the recipe to plain values, for metadata."""
        return self.model_dump(mode="json")


def read_recipe(path: Path, scale: int | None = None) -> Recipe:
    """Read and validate a recipe.

    Args:
        path: A `.recipe.toml` file.
        scale: Replaces the recipe's scale; the recipe's name then ends in `-at-x{scale}`.

    Raises:
        RequestError: The file is missing, not TOML, or has an invalid field, which the message names.
    """
    try:
        recipe = Recipe.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise RequestError(
            f"{path}: no such recipe; recipes end in .recipe.toml and lie beside a model's card"
        ) from None
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RequestError(f"{path}: not a TOML file ({error})") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        given = f" (given: {first['input']!r})" if not isinstance(first["input"], dict) else ""
        raise RequestError(f"{path}: {f'{where}: ' if where else ''}{first['msg']}{given}") from error
    if scale is None or scale == recipe.scale:
        return recipe
    header = recipe.recipe.model_copy(update={"name": f"{recipe.recipe.name}-at-x{scale}"})
    return recipe.model_copy(update={"recipe": header, "network": recipe.network | {"scale": scale}})
