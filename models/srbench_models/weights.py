"""Reading weight files into networks, refusing whatever does not fit exactly. No file is ever executed."""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from srbench.errors import WeightsError
from srbench.files import atomic_write, cache_home

__all__ = [
    "State",
    "built",
    "converted",
    "described_arguments",
    "load_matching",
    "load_state",
    "load_weights",
    "read_state",
]

_LISTED = 12
"""Misfits that a message lists; a file of another network has hundreds."""

State = Mapping[str, Tensor]
"""Tensors by the names of a network's parameters and buffers."""


def read_state(path: Path) -> State:
    """Read tensors by name.

    Args:
        path: A safetensors file, or what `torch.save` writes of a state_dict; of the latter only tensors are read
            (`weights_only=True`), so that a file can bring no code.

    Raises:
        WeightsError: The file is neither, or holds something else than tensors.
    """
    try:
        if _is_safetensors(path):
            return load_file(path)
        state = torch.load(path, map_location="cpu", weights_only=True)
    except UnpicklingError as error:
        # torch's own message goes on to say how to execute the file.
        raise WeightsError(
            f"{path.name}: cannot be read as safetensors, nor as a plain state_dict of tensors (it is something else)"
        ) from error
    except (OSError, RuntimeError, SafetensorError, ValueError, EOFError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise WeightsError(
            f"{path.name}: cannot be read as safetensors, nor as a plain state_dict of tensors ({reason})"
        ) from error
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise WeightsError(f"{path.name}: holds something else than a plain state_dict of tensors; save only that")
    return state


def described_arguments(path: Path, scale: int) -> dict[str, Any] | None:
    """How the network of a file was built, where `srbench train` wrote it: its recipe is in the file's metadata.

    Args:
        path: Any weight file.
        scale: What it is wanted for.

    Returns:
        The network's arguments; None where the file does not say.

    Raises:
        WeightsError: It was trained for another scale.
    """
    if not _is_safetensors(path):
        return None
    try:
        with safe_open(path, framework="pt") as file:
            recipe = json.loads((file.metadata() or {}).get("recipe", "null"))
    except (OSError, SafetensorError, ValueError) as error:
        raise WeightsError(f"{path.name}: its description cannot be read ({error})") from error
    if not isinstance(recipe, dict) or not isinstance(recipe.get("network"), dict):
        return None
    arguments: dict[str, Any] = recipe["network"]
    if arguments.get("scale") != scale:
        raise WeightsError(f"{path.name}: was trained for ×{arguments.get('scale')}, not for ×{scale}")
    return arguments


def built(network: Callable[..., nn.Module], arguments: Mapping[str, Any], name: str) -> nn.Module:
    """Build a network as a file describes it.

    Raises:
        WeightsError: It is another network's description.
    """
    try:
        return network(**arguments)
    except (TypeError, ValueError, LookupError) as error:
        raise WeightsError(f"{name}: describes another network ({error})") from error


def _is_safetensors(path: Path) -> bool:
    """By its head: the length of a JSON object, and the object's brace."""
    with path.open("rb") as file:
        head = file.read(9)
    return len(head) == 9 and head[8:] == b"{" and int.from_bytes(head[:8], "little") < path.stat().st_size


def load_weights(network: nn.Module, path: Path) -> None:
    """Fill a network from a file, in float32.

    Args:
        network: Receives the weights.
        path: See `read_state`; its names and shapes must be the network's own.

    Raises:
        WeightsError: The file cannot be read, or names or shapes are missing, extra or different; the first dozen are
            listed.
    """
    load_state(network, read_state(path), path.name)


def load_state(network: nn.Module, state: State, name: str) -> None:
    """Fill a network from tensors, in float32; whole numbers, such as counters, stay whole.

    Args:
        network: Receives the weights.
        state: Names and shapes must be the network's own.
        name: Of the file, for the message.

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
    """Give a network the tensors of a file that it has too, such as another scale's body; the rest stays as it is.

    Args:
        network: Receives the weights.
        path: See `read_state`.

    Returns:
        Names of the network's tensors that the file does not hold in the same shape.

    Raises:
        WeightsError: The file cannot be read, or nothing in it fits.
    """
    state, wanted = read_state(path), network.state_dict()
    fitting = {key: _single(state[key]) for key in wanted if key in state and state[key].shape == wanted[key].shape}
    if not fitting:
        raise WeightsError(f"{path.name}: no tensor in it fits {type(network).__name__}")
    network.load_state_dict(wanted | fitting)
    return sorted(wanted.keys() - fitting.keys())


def converted(path: Path, convert: Callable[[Path], State]) -> Path:
    """Someone else's file as safetensors, made once on this machine and kept in the cache.

    Args:
        path: The file as its authors published it.
        convert: Reads it; raises WeightsError where it cannot.

    Returns:
        The safetensors file.

    Raises:
        WeightsError: It cannot be read, or the cache cannot be written.
    """
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    # A changed conversion must not find what an earlier one made.
    code = hashlib.sha256(Path(inspect.getfile(convert)).read_bytes()).hexdigest()
    target = cache_home() / "converted" / f"{digest[:16]}-{code[:8]}.safetensors"
    if target.exists():
        return target
    state = dict(convert(path))
    try:
        with atomic_write(target) as partial:
            save_file(state, partial, metadata={"source_sha256": digest})
    except (OSError, SafetensorError) as error:
        raise WeightsError(f"{target}: the converted weights cannot be kept ({error})") from error
    return target


def _single(value: Tensor) -> Tensor:
    return value.to(torch.float32) if value.is_floating_point() else value
