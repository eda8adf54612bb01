"""Reading weight files into networks, refusing whatever does not fit exactly. No file is ever executed."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from pickle import UnpicklingError

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from srbench.errors import WeightsError
from srbench.folders import cache_home

__all__ = ["State", "converted", "load_matching", "load_state", "load_weights", "read_state"]

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
    if zipfile.is_zipfile(path):
        try:
            state = torch.load(path, map_location="cpu", weights_only=True)
        except (OSError, RuntimeError, UnpicklingError, ValueError, EOFError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise WeightsError(f"{path.name}: cannot be read as a plain state_dict of tensors ({reason})") from error
        if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
            raise WeightsError(f"{path.name}: holds something else than a plain state_dict of tensors; save only that")
        return state
    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise WeightsError(
            f"{path.name}: cannot be read as safetensors, nor as a state_dict saved by torch 1.6 or later ({error})"
        ) from error


def load_weights(network: nn.Module, path: Path) -> None:
    """Fill a network from a file, in float32.

    Args:
        network: Receives the weights.
        path: See `read_state`; its names and shapes must be the network's own.

    Raises:
        WeightsError: The file cannot be read, or names or shapes are missing, extra or different; all are listed.
    """
    load_state(network, read_state(path), path.name)


def load_state(network: nn.Module, state: State, name: str) -> None:
    """Fill a network from tensors, in float32; whole numbers, such as counters, stay whole.

    Args:
        network: Receives the weights.
        state: Names and shapes must be the network's own.
        name: Of the file, for the message.

    Raises:
        WeightsError: Names or shapes are missing, extra or different; all are listed.
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
        raise WeightsError(f"{name}: does not fit {type(network).__name__}: {'; '.join(problems)}")
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
    target = cache_home() / "converted" / f"{digest[:16]}-{convert.__module__.rpartition('.')[2]}-1.safetensors"
    if target.exists():
        return target
    state = dict(convert(path))
    partial = target.with_suffix(".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        save_file(state, partial, metadata={"source_sha256": digest})
        partial.replace(target)
    except OSError as error:
        raise WeightsError(f"{target}: the converted weights cannot be kept ({error.strerror})") from error
    return target


def _single(value: Tensor) -> Tensor:
    return value.to(torch.float32) if value.is_floating_point() else value
