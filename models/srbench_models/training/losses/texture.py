"""Texture loss: correlations of features within patches, independent of their position."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

__all__ = ["PATCH", "texture"]

PATCH = 16
"""Side of the compared patches, in image pixels: the paper's best."""


def texture(sr: Sequence[Tensor], hr: Sequence[Tensor], strides: Sequence[int]) -> Tensor:
    """Squared distance of patch-wise Gram matrices relative to HR's energy, mean over layers.

    Args:
        sr: Feature maps of the result, one per layer: float, (N, C, h, w).
        hr: Feature maps of HR, same shapes.
        strides: Stride of each layer's feature map, in image pixels; at most 16.

    Returns:
        A scalar, 0 for equal Gram matrices.

    Source: M. Sajjadi et al., 2017, arXiv:1612.07919, section 4.2.3; relative here.
    """
    terms = []
    for f, g, stride in zip(sr, hr, strides, strict=True):
        ours, theirs = _gram(f, PATCH // stride), _gram(g, PATCH // stride)
        terms.append((ours - theirs).square().mean() / (theirs.square().mean() + 1e-8))
    return torch.stack(terms).mean()


def _gram(features: Tensor, side: int) -> Tensor:
    """(N, C, h, w) to (patches, C, C): mean products of channels in each patch of `side`² positions."""
    channels, (height, width) = features.shape[1], (size // side * side for size in features.shape[2:])
    patches = F.unfold(features[..., :height, :width], side, stride=side)
    patches = patches.transpose(1, 2).reshape(-1, channels, side * side)
    return patches @ patches.transpose(1, 2) / (side * side)
