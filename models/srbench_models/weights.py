"""Reading weight files into networks, refusing whatever does not fit exactly."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from srbench.errors import WeightsError

__all__ = ["load_matching", "load_weights"]


def load_weights(network: nn.Module, path: Path) -> None:
    """Fill a network from a safetensors file, in float32.

    Args:
        network: Receives the weights.
        path: A `.safetensors` file; its names and shapes must be the network's own.

    Raises:
        WeightsError: The file cannot be read, or names or shapes are missing, extra or different; all are listed.
    """
    state = _read(path)
    wanted = network.state_dict()
    problems = [f"missing {name}" for name in sorted(wanted.keys() - state.keys())]
    problems += [f"unexpected {name}" for name in sorted(state.keys() - wanted.keys())]
    problems += [
        f"{name} is {tuple(state[name].shape)}, expected {tuple(wanted[name].shape)}"
        for name in sorted(wanted.keys() & state.keys())
        if state[name].shape != wanted[name].shape
    ]
    if problems:
        raise WeightsError(f"{path.name}: does not fit {type(network).__name__}: {'; '.join(problems)}")
    network.load_state_dict({name: value.to(torch.float32) for name, value in state.items()})


def load_matching(network: nn.Module, path: Path) -> list[str]:
    """Give a network the tensors of a file that it has too, such as another scale's body; the rest stays as it is.

    Args:
        network: Receives the weights.
        path: A `.safetensors` file.

    Returns:
        Names of the network's tensors that the file does not hold in the same shape.

    Raises:
        WeightsError: The file cannot be read, or nothing in it fits.
    """
    state, wanted = _read(path), network.state_dict()
    fitting = {name: state[name].to(torch.float32) for name in wanted if _shape(state, name) == wanted[name].shape}
    if not fitting:
        raise WeightsError(f"{path.name}: no tensor in it fits {type(network).__name__}")
    network.load_state_dict(wanted | fitting)
    return sorted(wanted.keys() - fitting.keys())


def _read(path: Path) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise WeightsError(f"{path.name}: cannot be read as safetensors ({error})") from error


def _shape(state: dict[str, Tensor], name: str) -> torch.Size | None:
    return state[name].shape if name in state else None
