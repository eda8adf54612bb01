"""EnhanceNet as an upscaler."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from srbench.api import BuildRequest, Upscaler
from srbench.errors import WeightsError
from srbench_models.adapter import as_upscaler, required_weights
from srbench_models.enhancenet.network import EnhanceNet
from srbench_models.enhancenet.tensorflow_checkpoint import is_tensorflow_checkpoint, read_tensorflow_checkpoint
from srbench_models.weights import State, built, converted, described_arguments, load_weights

__all__ = ["create"]


def create(request: BuildRequest) -> Upscaler:
    """Build the generator in float32; the authors' checkpoint is converted once and uses TensorFlow's bicubic.

    Raises:
        WeightsError: The card lists no weights for the scale, or they do not fit.
    """
    path = required_weights(request, "enhancenet")
    if is_tensorflow_checkpoint(path):
        path, arguments = converted(path, _from_tensorflow), {"scale": request.scale, "skip": "tensorflow"}
    else:
        arguments = described_arguments(path, request.scale) or {"scale": request.scale}
    network = built(EnhanceNet, arguments, path.name)
    load_weights(network, path)
    return as_upscaler(network, request.device)


def _from_tensorflow(path: Path) -> State:
    """Rename the authors' tensors, layer by layer; transpose kernels from (h, w, in, out) to (out, in, h, w)."""
    arrays = read_tensorflow_checkpoint(path)
    layers = [name for name, layer in EnhanceNet().named_modules() if isinstance(layer, nn.Conv2d)]
    scopes = ["generator/Conv", *(f"generator/Conv_{index}" for index in range(1, len(layers)))]
    wanted = {f"{scope}/{part}" for scope in scopes for part in ("weights", "biases")}
    if wanted != arrays.keys():
        raise WeightsError(
            f"{path.name}: is not EnhanceNet's checkpoint; missing {sorted(wanted - arrays.keys())}, "
            f"unexpected {sorted(arrays.keys() - wanted)}"
        )
    state = {}
    for layer, scope in zip(layers, scopes, strict=True):
        state[f"{layer}.weight"] = torch.tensor(arrays[f"{scope}/weights"].transpose(3, 2, 0, 1).copy())
        state[f"{layer}.bias"] = torch.tensor(arrays[f"{scope}/biases"])
    return state
