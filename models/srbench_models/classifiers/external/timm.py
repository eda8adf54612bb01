"""Any pretrained classifier of timm, with its preprocessing."""

from __future__ import annotations

import torch
from torch import Tensor

from srbench.api import Classifier, ClassifierRequest
from srbench.errors import RequestError, one_line
from srbench_models.classifiers.adapter import NetworkClassifier, centre_square
from srbench_models.libraries import loaded

__all__ = ["build"]


def build(request: ClassifierRequest) -> Classifier:
    """Build the model named by the variant; timm downloads its weights on first use.

    Raises:
        RuntimeMissingError: timm is not installed, or the torchvision it needs does not fit torch.
        RequestError: timm has no such model with weights.
    """
    timm = loaded("timm", "timm")
    try:
        network = timm.create_model(request.variant, pretrained=True)
    except RuntimeError as error:
        raise RequestError(f"timm has no model {request.variant!r} with weights ({one_line(error)})") from error
    rules = timm.data.resolve_model_data_config(network)
    side = int(rules["input_size"][-1])
    short_side = max(side, int(side / rules["crop_pct"]))
    mean, deviation = (torch.tensor(rules[name], device=request.device).view(3, 1, 1) for name in ("mean", "std"))
    mode = "bicubic" if rules["interpolation"] == "bicubic" else "bilinear"

    def prepare(images: Tensor) -> Tensor:
        square: Tensor = (centre_square(images, short_side, side, mode).clamp(0, 1) - mean) / deviation
        return square

    numbers = tuple(str(number) for number in range(network.num_classes))  # timm has no class names
    return NetworkClassifier(network, "classes", numbers, request.device, prepare)
