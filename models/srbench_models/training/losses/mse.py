"""Mean squared error, which makes the PSNR of the training patches as high as it can be."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

__all__ = ["mse"]


def mse(sr: Tensor, hr: Tensor) -> Tensor:
    """Mean of (sr - hr)².

    Args:
        sr: float, (N, C, H, W), 0…255, the network's output.
        hr: float, the same shape and range.

    Returns:
        A scalar in squared 8-bit levels.

    Source: C. Dong et al., 2016, arXiv:1501.00092, section 3.3.
    """
    return F.mse_loss(sr, hr)
