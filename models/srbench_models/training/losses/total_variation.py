"""Total variation: a regulariser that penalises differences between neighbouring pixels."""

from __future__ import annotations

from torch import Tensor

__all__ = ["total_variation"]


def total_variation(sr: Tensor) -> Tensor:
    """Anisotropic total variation: mean of |difference to the right| + mean of |difference downwards|.

    Args:
        sr: float, (N, C, H, W), 0…255, the network's output.

    Returns:
        A scalar in 8-bit levels; 0 for a flat image.

    Source: L. Rudin, S. Osher, E. Fatemi, 1992, doi:10.1016/0167-2789(92)90242-F.
    """
    right = (sr[..., :, 1:] - sr[..., :, :-1]).abs().mean()
    down = (sr[..., 1:, :] - sr[..., :-1, :]).abs().mean()
    return right + down
