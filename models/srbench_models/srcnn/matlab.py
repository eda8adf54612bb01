"""Reading the MATLAB files of SRCNN's authors."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from srbench.errors import WeightsError
from srbench_models.weights import State

__all__ = ["is_matlab_file", "read_matlab_model"]


def is_matlab_file(path: Path) -> bool:
    """Whether a file begins like a MATLAB 5 file.

    Raises:
        OSError: The file cannot be read.
    """
    with path.open("rb") as file:
        return file.read(10) == b"MATLAB 5.0"


def read_matlab_model(path: Path) -> State:
    """Read a model of `SRCNN_v1.zip`, with the parameter names of `SRCNN`.

    The file holds `weights_conv1` (k², filters), `weights_conv2` (channels, k², filters), `weights_conv3` (channels,
    k²) and `biases_conv1` to `biases_conv3`; each kernel is laid out column by column.

    Raises:
        WeightsError: The file cannot be read, or a variable is missing or has another shape.
    """
    from scipy.io import loadmat  # type: ignore[import-untyped]
    from scipy.io.matlab import MatReadError  # type: ignore[import-untyped]

    try:
        file = loadmat(path)
        # (filters, channels, k²) for all three.
        kernels = [
            file["weights_conv1"].T[:, None],
            file["weights_conv2"].transpose(2, 0, 1),
            file["weights_conv3"][None],
        ]
        layers = {f"layers.{index}.weight": _square(kernel) for index, kernel in enumerate(kernels)}
        biases = {f"layers.{index}.bias": _tensor(file[f"biases_conv{index + 1}"].ravel()) for index in range(3)}
    except (KeyError, ValueError, OSError, MatReadError) as error:
        raise WeightsError(f"{path.name}: is not a model of SRCNN's authors ({error})") from error
    return layers | biases


def _square(kernel: NDArray[Any]) -> Tensor:
    """(filters, channels, k²), column by column, to (filters, channels, k, k)."""
    side = math.isqrt(kernel.shape[2])
    return _tensor(kernel.reshape(*kernel.shape[:2], side, side).transpose(0, 1, 3, 2))


def _tensor(values: NDArray[Any]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32))
