"""Mean absolute error, the loss EDSR was trained with."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

__all__ = ["l1"]


def l1(sr: Tensor, hr: Tensor) -> Tensor:
    """Mean of |sr - hr|, a scalar in 8-bit levels.

    Args:
        sr: The network's output: float, (N, C, H, W), 0…255.
        hr: HR: float, the same shape and range.

    Source: B. Lim et al., 2017, arXiv:1707.02921, section 3.2.
    """
    return F.l1_loss(sr, hr)
