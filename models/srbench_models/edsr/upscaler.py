"""EDSR behind srbench's upscaler contract."""

from __future__ import annotations

from srbench.api import BuildRequest, Upscaler
from srbench.errors import WeightsError
from srbench_models.adapter import as_upscaler, required_weights
from srbench_models.edsr.network import EDSR
from srbench_models.weights import State, load_state, read_state

__all__ = ["create"]

_FULL_MODEL_FEATURES = 256


def create(request: BuildRequest) -> Upscaler:
    """EDSR in float32, of the size its weights have: 16 blocks of 64 features, or the full model's 32 of 256.

    Raises:
        WeightsError: The card lists no weights for the scale, or they do not fit.
    """
    path = required_weights(request, "edsr")
    state = read_state(path)
    network = _network_for(state, request.scale, path.name)
    load_state(network, state, path.name)
    return as_upscaler(network, request.device)


def _network_for(state: State, scale: int, name: str) -> EDSR:
    if "head.0.weight" not in state:
        raise WeightsError(f"{name}: does not fit EDSR: missing head.0.weight")
    features = state["head.0.weight"].shape[0]
    blocks = len({key.split(".")[1] for key in state if key.startswith("body.") and ".body." in key})
    # The full model, and only it, was trained with its branches scaled down (Lim et al. 2017, section 3.3).
    return EDSR(scale, blocks, features, res_scale=0.1 if features == _FULL_MODEL_FEATURES else 1.0)
