"""Initialise an SRResNet so that it computes what a trained EDSR computes, instead of starting from random weights.

SRResNet contains EDSR: a 9×9 kernel can be a 3×3 kernel padded with zeros, PReLU is ReLU at slope 0 and the identity at
slope 1, and batch normalisation is the identity if its scale and shift are standard deviation and mean of its input.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srbench.errors import WeightsError
from srbench_models.edsr.network import EDSR
from srbench_models.srgan.network import SRResNet
from srbench_models.weights import load_weights

__all__ = ["grow_from_edsr"]

# EDSR's samples run 0…255, SRResNet's 0…1. EDSR's layers are homogeneous except for their biases, so only the biases
# are divided; the weights keep the magnitude the learning rate is tuned for.
_PEAK = 255.0

Outputs = dict[nn.Module, Tensor]
"""Output of each EDSR layer on the patches."""


def grow_from_edsr(network: nn.Module, path: Path, lr: Tensor) -> None:
    """Fill an SRResNet so that it reproduces EDSR-baseline's output.

    Args:
        network: An SRResNet of 16 blocks and 64 features at ×4.
        path: EDSR-baseline's weights at ×4.
        lr: Training patches for the batch statistics: float, (N, 3, h, w), [0, 1].

    Raises:
        WeightsError: The network has another shape, or the weights do not fit.

    Source: T. Chen et al., "Net2Net: Accelerating Learning via Knowledge Transfer", 2016, arXiv:1511.05641.
    """
    same_size = SRResNet(4)
    shapes = {name: value.shape for name, value in same_size.state_dict().items()}
    if not isinstance(network, SRResNet) or {n: v.shape for n, v in network.state_dict().items()} != shapes:
        raise WeightsError("only an SRResNet of 16 blocks and 64 features at ×4 can start from EDSR-baseline")
    teacher = EDSR(4)
    load_weights(teacher, path)
    outputs: Outputs = {}
    for layer in teacher.modules():
        if isinstance(layer, nn.Conv2d):
            # A copy, because EDSR's ReLUs work in place.
            layer.register_forward_hook(lambda module, _, output: outputs.__setitem__(module, output.clone()))
    with torch.no_grad():
        teacher(lr)
        _copy(network, teacher, outputs)


def _copy(network: SRResNet, teacher: EDSR, outputs: Outputs) -> None:
    ours, theirs = _layers(network), _layers(teacher)
    _inscribe(ours.convolutions["head.0"], theirs.convolutions["head.0"].weight, theirs.bias("head.0") / _PEAK)
    for index in range(len(teacher.body) - 1):
        block = f"body.{index}.body"
        _normalise(ours, f"{block}.0", f"{block}.1", theirs.convolutions[f"{block}.0"], outputs)
        _normalise(ours, f"{block}.3", f"{block}.4", theirs.convolutions[f"{block}.2"], outputs)
        ours.slopes[f"body.{index}.body.2"].weight.fill_(0)
    last = len(teacher.body) - 1
    _normalise(ours, f"body.{last}", f"body.{last + 1}", theirs.convolutions[f"body.{last}"], outputs)
    for layer, their in (("tail.0", "tail.0.0"), ("tail.3", "tail.0.2")):
        bias = theirs.bias(their) / _PEAK
        ours.convolutions[layer].load_state_dict({"weight": theirs.convolutions[their].weight, "bias": bias})
    for slope in ("head.1", "tail.2", "tail.5"):
        ours.slopes[slope].weight.fill_(1)
    final = theirs.convolutions["tail.1"]
    _inscribe(ours.convolutions["tail.6"], final.weight, theirs.bias("tail.1") / _PEAK)


@dataclass(frozen=True)
class _Layers:
    """A network's layers by kind and name."""

    convolutions: dict[str, nn.Conv2d]
    norms: dict[str, nn.BatchNorm2d]
    slopes: dict[str, nn.PReLU]

    def bias(self, name: str) -> Tensor:
        bias = self.convolutions[name].bias
        if bias is None:
            raise WeightsError(f"{name} has no bias")
        return bias.detach()


def _layers(network: nn.Module) -> _Layers:
    named = dict(network.named_modules())
    return _Layers(
        {name: layer for name, layer in named.items() if isinstance(layer, nn.Conv2d)},
        {name: layer for name, layer in named.items() if isinstance(layer, nn.BatchNorm2d)},
        {name: layer for name, layer in named.items() if isinstance(layer, nn.PReLU)},
    )


def _inscribe(layer: nn.Conv2d, kernel: Tensor, bias: Tensor) -> None:
    """Copy a small kernel into the centre of a larger one, with zeros around it."""
    margin = (layer.kernel_size[0] - kernel.shape[-1]) // 2
    weight = F.pad(kernel, (margin,) * 4)
    layer.load_state_dict({"weight": weight, "bias": bias})


def _normalise(ours: _Layers, layer: str, norm: str, theirs: nn.Conv2d, outputs: Outputs) -> None:
    """Move a convolution's bias into the batch normalisation behind it, set to be the identity on the patches."""
    output, bias = outputs[theirs], theirs.bias if theirs.bias is not None else torch.zeros(1)
    mean, variance = output.mean((0, 2, 3)) / _PEAK, output.var((0, 2, 3), unbiased=False) / _PEAK**2
    ours.convolutions[layer].load_state_dict({"weight": theirs.weight})
    ours.norms[norm].load_state_dict(
        {
            "weight": (variance + ours.norms[norm].eps).sqrt(),
            "bias": mean,
            "running_mean": mean - bias / _PEAK,
            "running_var": variance,
            "num_batches_tracked": torch.tensor(0),
        }
    )
