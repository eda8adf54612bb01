"""SRCNN as an upscaler."""

from __future__ import annotations

from typing import Literal

from srbench.api import BuildRequest, Upscaler
from srbench.errors import WeightsError
from srbench.files import read_tensors
from srbench_models.adapter import as_upscaler, required_weights
from srbench_models.srcnn.matlab import is_matlab_file, read_matlab_model
from srbench_models.srcnn.network import SRCNN
from srbench_models.weights import State, built, converted, described_arguments, load_state

__all__ = ["create", "create_3x3"]


def create(request: BuildRequest) -> Upscaler:
    """Build SRCNN on luma with the kernel sizes of its weights: 9-1-5 as trained here, 9-5-5 as published.

    Raises:
        WeightsError: The card lists no weights for the scale, or they do not fit.
    """
    return _create(request, "srcnn", planes=1, border="replicate")


def create_3x3(request: BuildRequest) -> Upscaler:
    """Build SRCNN with three 3×3 layers on RGB.

    Raises:
        WeightsError: The card lists no weights for the scale, or they do not fit.
    """
    return _create(request, "srcnn-3x3", planes=3, border="zeros")


def _create(request: BuildRequest, name: str, planes: int, border: Literal["replicate", "zeros"]) -> Upscaler:
    path = required_weights(request, name)
    if is_matlab_file(path):
        path = converted(path, read_matlab_model)
    state = read_tensors(path)
    arguments = described_arguments(path, request.scale)
    if arguments is None:
        arguments = {"scale": request.scale, "planes": planes, "border": border, **_sizes(state, path.name)}
    network = built(SRCNN, arguments, path.name)
    load_state(network, state, path.name)
    return as_upscaler(network, request.device)


def _sizes(state: State, name: str) -> dict[str, list[int]]:
    try:
        layers = [state[f"layers.{index}.weight"] for index in range(3)]
    except KeyError as error:
        raise WeightsError(f"{name}: does not fit SRCNN: missing {error}") from error
    return {"features": [layer.shape[0] for layer in layers[:2]], "kernels": [layer.shape[-1] for layer in layers]}
