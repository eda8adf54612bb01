"""Perceptual loss: distance between a classifier's feature maps."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

__all__ = ["perceptual"]


def perceptual(sr: Sequence[Tensor], hr: Sequence[Tensor]) -> Tensor:
    """Squared distance of feature maps relative to HR's energy, mean over layers: mean((f - g)²) / mean(g²).

    Args:
        sr: Feature maps of the result, one per layer: float, (N, C, h, w).
        hr: Feature maps of HR, same shapes.

    Returns:
        A scalar, 0 for equal features, about 2 for unrelated ones.

    Source: J. Johnson et al., 2016, arXiv:1603.08155; relative here, so that layers of any magnitude count equally.
    """
    terms = [(f - g).square().mean() / (g.square().mean() + 1e-8) for f, g in zip(sr, hr, strict=True)]
    return torch.stack(terms).mean()
