"""Models of the community's zoo, recognised by the library spandrel."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import Tensor, nn

from srbench.api import BuildRequest, Precision, Upscaler, VariantInfo
from srbench.errors import RequestError, RuntimeMissingError, WeightsError, one_line
from srbench.files import expanded, read_saved
from srbench_models.libraries import loaded

__all__ = ["build", "describe"]

_NEED_TORCHVISION = ("LaMa", "RestoreFormer")
_STAND_INS = {"torchvision.transforms.functional": ("InterpolationMode", "rotate", "normalize")}
"""What spandrel imports of torchvision, by module; only the two architectures above use it."""

_NEAREST = 3
"""Number of architectures that are named where a file is not recognised."""


class DescribedNetwork(nn.Module):
    """A model as spandrel calls it: padded to the sizes that it takes, clamped to [0, 1], cropped."""

    def __init__(self, descriptor: Any) -> None:
        """Wrap a model; `descriptor` is spandrel's ImageModelDescriptor."""
        super().__init__()
        self.model: nn.Module = descriptor.model
        self._call = descriptor

    def forward(self, lr: Tensor) -> Tensor:
        """Upscale a batch: (N, C, h, w) in [0, 1] to (N, C, h·scale, w·scale)."""
        out: Tensor = self._call(lr)
        return out


class SpandrelUpscaler:
    """A model of spandrel as an upscaler."""

    def __init__(self, network: DescribedNetwork) -> None:
        self.network = network

    def __call__(self, lr: Tensor, /) -> Tensor:
        """Upscale a batch."""
        out: Tensor = self.network(lr)
        return out


def describe(variant: str) -> VariantInfo:
    """Return scale, colour and architecture of a model file.

    Raises:
        RuntimeMissingError: spandrel is not installed, or cannot be loaded.
        RequestError: The file is not there, not recognised, or no upscaler.
        WeightsError: The file cannot be read without executing it.
    """
    descriptor = _descriptor(variant)
    precisions: tuple[Precision, ...] = ("fp32", "tf32", "bf16") if descriptor.supports_bfloat16 else ("fp32", "tf32")
    return VariantInfo(
        scales=(descriptor.scale,),
        colour="rgb" if descriptor.input_channels == 3 else "y",
        architecture=" ".join([descriptor.architecture.id, *descriptor.tags]),
        precisions=precisions,
    )


def build(request: BuildRequest) -> Upscaler:
    """Load a model file on a device; for errors see `describe`."""
    descriptor = _descriptor(request.variant)
    descriptor.to(request.device).eval()
    return SpandrelUpscaler(DescribedNetwork(descriptor).eval())


def _descriptor(variant: str) -> Any:
    path = expanded(variant)
    if not path.is_file():
        raise RequestError(f"spandrel:{variant}: no such file; name a .pth or .safetensors file of a model")
    state = path.stat()
    return _loaded_descriptor(path, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=4)
def _loaded_descriptor(path: Path, *_: int) -> Any:
    """Recognise and load a file, once for each of its states."""
    library = _library()
    state = read_saved(path)
    if not isinstance(state, dict):
        raise WeightsError(f"{path.name}: holds {type(state).__name__}, expected the tensors of a model by name")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # some architectures call torch as they should not
            descriptor = library.ModelLoader().load_from_state_dict(dict(state))
    except library.UnsupportedModelError:
        raise RequestError(f"{path.name}: not recognised by spandrel; {_nearest(library, state)}") from None
    except Exception as error:  # a file of a known architecture whose tensors are of other shapes
        raise RequestError(f"{path.name}: cannot be loaded by spandrel ({one_line(error)})") from error
    if not isinstance(descriptor, library.ImageModelDescriptor) or descriptor.scale < 2:
        raise RequestError(f"{path.name}: is a {descriptor.architecture.id} for {descriptor.purpose}, no upscaler")
    if descriptor.input_channels != descriptor.output_channels or descriptor.input_channels not in (1, 3):
        raise RequestError(
            f"{path.name}: takes {descriptor.input_channels} planes and returns {descriptor.output_channels}; srbench "
            "runs models of 1 (luma) or 3 (RGB)"
        )
    return descriptor


def _library() -> Any:
    """Import spandrel, with stand-ins for torchvision where that is absent or broken: few architectures need it.

    Raises:
        RuntimeMissingError: spandrel cannot be imported.
    """
    if "spandrel" in sys.modules:
        return sys.modules["spandrel"]
    try:
        loaded("torchvision.transforms.functional", "torchvision")
    except RuntimeMissingError:
        with _stand_ins():
            return loaded("spandrel", "spandrel")
    return loaded("spandrel", "spandrel")


@contextmanager
def _stand_ins() -> Iterator[None]:
    """Let `import torchvision` succeed inside the block, with names that raise when they are called."""
    before = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "torchvision"}

    def needed(*_: object, **__: object) -> None:
        raise RuntimeMissingError(f"{' and '.join(_NEED_TORCHVISION)} need torchvision: pip install torchvision")

    try:
        for name in before:
            del sys.modules[name]
        for name, attributes in _STAND_INS.items():
            parts = name.split(".")
            for depth in range(1, len(parts) + 1):
                sys.modules.setdefault(".".join(parts[:depth]), ModuleType(".".join(parts[:depth])))
            for attribute in attributes:
                setattr(sys.modules[name], attribute, needed)
        yield
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
            del sys.modules[name]
        sys.modules.update(before)


def _nearest(library: Any, state: Mapping[str, Any]) -> str:
    """The architectures most of whose characteristic tensors are there, with those that are not."""
    names = set(library.canonicalize_state_dict(dict(state)))
    scores: list[tuple[float, str, list[str]]] = []
    for entry in library.MAIN_REGISTRY:
        wanted = getattr(entry.detect, "__self__", None)
        keys = _all_keys(getattr(wanted, "_detect", entry.detect))
        if keys:
            missing = [key for key in keys if key not in names]
            scores.append((1 - len(missing) / len(keys), entry.architecture.id, missing))
    nearest = [one for one in sorted(scores, key=lambda one: -one[0])[:_NEAREST] if one[0] > 0]
    if not nearest:
        return f"none of its {len(names)} tensors is characteristic of an architecture that it knows"
    words = [f"{name} lacks {', '.join(missing[:3]) or 'nothing, but other sizes'}" for _, name, missing in nearest]
    return f"nearest: {'; '.join(words)}"


def _all_keys(condition: Any) -> list[str]:
    """Names of tensors that an architecture's condition requires; empty if it is not a list of names."""
    if getattr(condition, "_kind", "") != "all":
        return []
    return [key for key in condition._keys if isinstance(key, str)]
