"""Adversarial losses, from the discriminator's logits."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

__all__ = ["discriminator_loss", "generator_loss"]


def generator_loss(fake: Tensor) -> Tensor:
    """Mean of -log D(sr): low if the discriminator takes results for HR.

    Args:
        fake: Logits of the results: float, (N, 1).

    Returns:
        A scalar in nats.

    Source: I. Goodfellow et al., 2014, arXiv:1406.2661, the non-saturating form; C. Ledig et al., 2017, equation 6.
    """
    return F.softplus(-fake.float()).mean()


def discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """Mean of -log D(hr) - log(1 - D(sr)): low if the discriminator distinguishes HR from results.

    Args:
        real: Logits of HR: float, (N, 1).
        fake: Logits of the results: float, (N, 1).

    Returns:
        A scalar in nats; 2·log 2 for logits of 0.
    """
    return F.softplus(-real.float()).mean() + F.softplus(fake.float()).mean()
