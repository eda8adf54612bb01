"""The two sides of an adversarial game, from the discriminator's logits."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

__all__ = ["discriminator_loss", "generator_loss"]


def generator_loss(fake: Tensor) -> Tensor:
    """Mean of -log D(sr): low where results are taken for photographs.

    Args:
        fake: float, (N, 1), logits of the results.

    Returns:
        A scalar in nats.

    Source: I. Goodfellow et al., 2014, arXiv:1406.2661, the non-saturating form; C. Ledig et al., 2017, equation 6.
    """
    return F.softplus(-fake.float()).mean()


def discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """Mean of -log D(hr) - log(1 - D(sr)): low where both are told apart.

    Args:
        real: float, (N, 1), logits of HR.
        fake: float, (N, 1), logits of the results.

    Returns:
        A scalar in nats; 2·log 2 for a guess.
    """
    return F.softplus(-real.float()).mean() + F.softplus(fake.float()).mean()
