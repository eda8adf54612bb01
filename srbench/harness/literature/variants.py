"""Mean scores under each set of rules, all over the same images, and what is left out of them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from srbench.harness.literature.scorer import ImageScores, Rules, Values

__all__ = ["Variant", "averaged"]
_KINDS = {"protocol": "the protocol ", "scoring": "scoring with ", "LR": "LR made by "}
"""Kinds of sets of rules in the order of tables, with the words that introduce a name."""


@dataclass(frozen=True)
class Variant:
    """One set of rules and its scores.

    Attributes:
        kind: `protocol`, `scoring` (same upscaled images, scored differently) or `LR` (LR made differently).
        name: The protocol's name, or the changed rule in words.
        psnr: Mean over the images, in dB; for pooled MSE, the PSNR of the mean MSE.
        ssim: Mean; None for pooled MSE (SSIM is unaffected) or if an image has no value.
        base: Whether this is the protocol that the others are compared with.
    """

    kind: str
    name: str
    psnr: float
    ssim: float | None
    base: bool = False

    @property
    def title(self) -> str:
        """Kind and name in words."""
        return _KINDS[self.kind] + self.name


def averaged(images: Mapping[str, ImageScores]) -> tuple[tuple[Variant, ...], tuple[str, ...]]:
    """Average the scores by set of rules, over the images that have a score under every one of them.

    A set of rules without a score on most images is left out; then every image without a score under a remaining set.
    If no image remained, more sets are left out, the one with the fewest scores first.

    Args:
        images: At least one; the base protocol comes first and gives each of them a score.

    Returns:
        The variants, the base first; and what is left out, each with the reason.
    """
    every = list(next(iter(images.values())).values)
    lacking = {rules: [image for image, scores in images.items() if rules in scores.problems] for rules in every}
    kept = [rules for rules in every if 2 * len(lacking[rules]) <= len(images)]
    while not (whole := [image for image in images if not any(image in lacking[rules] for rules in kept)]):
        kept.remove(max(kept, key=lambda rules: len(lacking[rules])))
    left_out = [
        f"{image}: {next(scores.problems[rules] for rules in kept if rules in scores.problems)}"
        for image, scores in images.items()
        if image not in whole
    ]
    for rules in (rules for rules in every if rules not in kept):
        first, *others = lacking[rules]
        more = f" and {len(others)} more" if others else ""
        left_out.append(f"{_KINDS[rules[0]]}{rules[1]}: {images[first].problems[rules]} ({first}{more})")
    scores = {rules: [values for image in whole if (values := images[image].values[rules])] for rules in kept}
    found = [_mean(rules, values, base=rules == every[0]) for rules, values in scores.items()]
    found.append(_pooled(scores[every[0]]))
    order = list(_KINDS)
    return tuple(sorted(found, key=lambda one: (not one.base, order.index(one.kind)))), tuple(left_out)


def _mean(rules: Rules, images: Sequence[Values], *, base: bool) -> Variant:
    similarities = [one.ssim for one in images if one.ssim is not None]
    # A mean over some of the images cannot be compared with the others' means.
    ssim = float(np.mean(similarities)) if len(similarities) == len(images) else None
    return Variant(*rules, float(np.mean([one.psnr for one in images])), ssim, base)


def _pooled(images: Sequence[Values]) -> Variant:
    error = math.fsum(one.mse for one in images) / len(images)
    return Variant("scoring", "MSE pooled over the images", 10 * math.log10(255**2 / error), None)
