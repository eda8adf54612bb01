"""Mean squared error, which maximises the PSNR of the training patches."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

__all__ = ["mse"]


def mse(sr: Tensor, hr: Tensor) -> Tensor:
    """Mean of (sr - hr)², a scalar in squared 8-bit levels.

    Args:
        sr: The network's output: float, (N, C, H, W), 0…255.
        hr: HR: float, the same shape and range.

    Source: C. Dong et al., 2016, arXiv:1501.00092, section 3.3.
    """
    return F.mse_loss(sr, hr)
