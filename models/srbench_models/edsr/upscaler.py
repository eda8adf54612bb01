"""EDSR as an upscaler."""

from __future__ import annotations

from typing import Any

from srbench.api import BuildRequest, Upscaler
from srbench.errors import WeightsError
from srbench.files import read_tensors
from srbench_models.adapter import as_upscaler, required_weights
from srbench_models.edsr.network import EDSR
from srbench_models.weights import State, built, described_arguments, load_state

__all__ = ["create"]

# res_scale by blocks and features (Lim et al. 2017, section 3.3).
_RELEASED = {(16, 64): 1.0, (32, 256): 0.1}


def create(request: BuildRequest) -> Upscaler:
    """Build EDSR in float32 from its weights' metadata, or as the released model of the same size.

    Raises:
        WeightsError: The card lists no weights for the scale, or they do not fit.
    """
    path = required_weights(request, "edsr")
    state = read_tensors(path)
    arguments = described_arguments(path, request.scale) or _released(state, request.scale, path.name)
    network = built(EDSR, arguments, path.name)
    load_state(network, state, path.name)
    return as_upscaler(network, request.device)


def _released(state: State, scale: int, name: str) -> dict[str, Any]:
    """Arguments of the released model of this size; for other sizes, res_scale is unknown."""
    if "head.0.weight" not in state:
        raise WeightsError(f"{name}: does not fit EDSR: missing head.0.weight")
    features = state["head.0.weight"].shape[0]
    blocks = len({key.split(".")[1] for key in state if key.startswith("body.") and ".body." in key})
    if (blocks, features) not in _RELEASED:
        raise WeightsError(
            f"{name}: holds {blocks} blocks of {features} features, and does not say its res_scale; expected a "
            "released size (16 of 64, 32 of 256), or the safetensors file that srbench train writes"
        )
    return {"scale": scale, "blocks": blocks, "features": features, "res_scale": _RELEASED[blocks, features]}
