"""Perceptual loss: results are compared as a classifier sees them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

__all__ = ["perceptual"]


def perceptual(sr: Sequence[Tensor], hr: Sequence[Tensor]) -> Tensor:
    """Squared distance of feature maps relative to HR's own energy, mean over layers: mean((f - g)²) / mean(g²).

    Relative, so that layers and classifiers of any scale count alike.

    Args:
        sr: float, (N, C, h, w), a feature map of the result for each layer.
        hr: HR's feature maps.

    Returns:
        A scalar, 0 for equal features, about 2 for unrelated ones.

    Source: J. Johnson et al., 2016, arXiv:1603.08155; made relative here.
    """
    terms = [(f - g).square().mean() / (g.square().mean() + 1e-8) for f, g in zip(sr, hr, strict=True)]
    return torch.stack(terms).mean()
