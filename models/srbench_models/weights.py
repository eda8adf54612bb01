"""Loading weight files into networks; names and shapes must match exactly, and no file is ever executed."""

from __future__ import annotations

import hashlib
import inspect
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from srbench.errors import WeightsError
from srbench.files import atomic_write, cache_home, file_sha256, is_safetensors, read_tensors

__all__ = [
    "State",
    "built",
    "converted",
    "described_arguments",
    "load_matching",
    "load_state",
    "load_weights",
]

_LISTED = 12
"""Mismatches listed in a message; a file of another network has hundreds."""

State = Mapping[str, Tensor]
"""Tensors by parameter or buffer name."""


def described_arguments(path: Path, scale: int) -> dict[str, Any] | None:
    """Read a network's arguments from the recipe in a file's metadata, as `srbench train` writes it; None without one.

    Raises:
        WeightsError: The metadata cannot be read, or the weights were trained for another scale.
    """
    if not is_safetensors(path):
        return None
    try:
        with safe_open(path, framework="pt") as file:
            recipe = json.loads((file.metadata() or {}).get("recipe", "null"))
    except (OSError, SafetensorError, ValueError) as error:
        raise WeightsError(f"{path.name}: its metadata cannot be read ({error})") from error
    if not isinstance(recipe, dict) or not isinstance(recipe.get("network"), dict):
        return None
    arguments: dict[str, Any] = recipe["network"]
    if arguments.get("scale") != scale:
        raise WeightsError(f"{path.name}: was trained for ×{arguments.get('scale')}, not for ×{scale}")
    return arguments


def built(network: Callable[..., nn.Module], arguments: Mapping[str, Any], name: str) -> nn.Module:
    """Build a network from the arguments in a file's metadata; `name` is the file's, for the message.

    Raises:
        WeightsError: The arguments are those of another network.
    """
    try:
        return network(**arguments)
    except (TypeError, ValueError, LookupError) as error:
        raise WeightsError(f"{name}: describes another network ({error})") from error


def load_weights(network: nn.Module, path: Path) -> None:
    """Load a file into a network, in float32.

    Raises:
        WeightsError: The file cannot be read (see `read_tensors`), or does not fit (see `load_state`).
    """
    load_state(network, read_tensors(path), path.name)


def load_state(network: nn.Module, state: State, name: str) -> None:
    """Load tensors into a network, in float32; integers such as counters stay integers. Errors mention the file `name`.

    Raises:
        WeightsError: Names or shapes are missing, extra or different; the first dozen are listed.
    """
    wanted = network.state_dict()
    problems = [f"missing {key}" for key in sorted(wanted.keys() - state.keys())]
    problems += [f"unexpected {key}" for key in sorted(state.keys() - wanted.keys())]
    problems += [
        f"{key} is {tuple(state[key].shape)}, expected {tuple(wanted[key].shape)}"
        for key in sorted(wanted.keys() & state.keys())
        if state[key].shape != wanted[key].shape
    ]
    if problems:
        more = f"; and {len(problems) - _LISTED} more" if len(problems) > _LISTED else ""
        raise WeightsError(f"{name}: does not fit {type(network).__name__}: {'; '.join(problems[:_LISTED])}{more}")
    network.load_state_dict({key: _single(value) for key, value in state.items()})


def load_matching(network: nn.Module, path: Path) -> list[str]:
    """Load those tensors of a file that fit a network by name and shape, such as the body of another scale.

    Returns:
        Names of the network's tensors that keep their values.

    Raises:
        WeightsError: The file cannot be read, or nothing in it fits.
    """
    state, wanted = read_tensors(path), network.state_dict()
    fitting = {key: _single(state[key]) for key in wanted if key in state and state[key].shape == wanted[key].shape}
    if not fitting:
        raise WeightsError(f"{path.name}: no tensor in it fits {type(network).__name__}")
    network.load_state_dict(wanted | fitting)
    return sorted(wanted.keys() - fitting.keys())


def converted(path: Path, convert: Callable[[Path], State]) -> Path:
    """Convert a published weight file to safetensors by `convert`, unless it is cached, and return the cached file.

    A cached file is used only if its metadata has the sha256 of `path`, of the Python files in the folder of `convert`,
    and of the tensors in it; otherwise the conversion is repeated, with a line on stderr.

    Raises:
        WeightsError: The file cannot be read, or the cache cannot be written.
    """
    source, code = file_sha256(path), _code_sha256(convert)
    made_from = {"source_sha256": source, "code_sha256": code}
    target = cache_home() / "converted" / f"{source[:16]}-{code[:8]}.safetensors"
    if target.exists():
        if _is_intact(target, made_from):
            return target
        print(f"{target}: was altered or damaged; {path.name} is converted again", file=sys.stderr)
    state = dict(convert(path))
    try:
        with atomic_write(target) as partial:
            save_file(state, partial, metadata=made_from | {"tensors_sha256": _tensors_sha256(state)})
    except (OSError, SafetensorError) as error:
        raise WeightsError(f"{target}: the converted weights cannot be kept ({error})") from error
    return target


def _code_sha256(function: Callable[..., object]) -> str:
    """Return the sha256 of the Python files in the folder of a function: a converter, and the reader of its format."""
    digest = hashlib.sha256()
    for path in sorted(Path(inspect.getfile(function)).parent.glob("*.py")):
        digest.update(f"{path.name} {file_sha256(path)}\n".encode())
    return digest.hexdigest()


def _is_intact(path: Path, made_from: Mapping[str, str]) -> bool:
    """Whether a converted file has the metadata that `converted` writes, nothing else, and tensors of that hash."""
    try:
        with safe_open(path, framework="pt") as file:
            found = file.metadata()
        return bool(found == {**made_from, "tensors_sha256": _tensors_sha256(load_file(path))})
    except (OSError, RuntimeError, SafetensorError, ValueError):
        return False


def _tensors_sha256(state: State) -> str:
    """Return the sha256 of names, types, shapes and values of tensors."""
    digest = hashlib.sha256()
    for name in sorted(state):
        digest.update(f"{name} {state[name].dtype} {tuple(state[name].shape)}\n".encode())
        digest.update(state[name].reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def _single(value: Tensor) -> Tensor:
    return value.to(torch.float32) if value.is_floating_point() else value
