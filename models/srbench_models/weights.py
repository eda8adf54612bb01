"""Reading weight files into networks, refusing whatever does not fit exactly."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from srbench.errors import WeightsError

__all__ = ["load_weights"]


def load_weights(network: nn.Module, path: Path) -> None:
    """Fill a network from a safetensors file, in float32.

    Args:
        network: Receives the weights.
        path: A `.safetensors` file; its names and shapes must be the network's own.

    Raises:
        WeightsError: The file cannot be read, or names or shapes are missing, extra or different; all are listed.
    """
    try:
        state = load_file(path)
    except (OSError, SafetensorError) as error:
        raise WeightsError(f"{path.name}: cannot be read as safetensors ({error})") from error
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
