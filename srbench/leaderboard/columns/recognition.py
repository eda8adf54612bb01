"""Downstream scores of a set of images, with intervals by bootstrap over images: the same draws for every method."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from srbench.api import UNKNOWN, Prediction, Task
from srbench.leaderboard.significance.intervals import Floats, Statistic, interval

RESAMPLES = 1000
MIN_IMAGES = 10
"""Smallest set with an interval: four images that are all recognised would have an interval of width 0."""


@dataclass(frozen=True)
class Estimate:
    """A value over a set of images, and its 95 % bootstrap interval, if there are at least `MIN_IMAGES` images."""

    value: float
    low: float | None = None
    high: float | None = None


def headline(names: Sequence[str]) -> str | None:
    """Return the main one of some scores' names: accuracy if there are labels, else agreement with HR; or None."""
    return next((name for name in ("accuracy", "top1", "agreement") if name in names), None)


def estimates(images: Sequence[Prediction]) -> dict[str, Estimate]:
    """Compute the scores of one classifier on a set of images, by name, with 95 % intervals.

    Args:
        images: Predictions of one classifier; if any image has no label, no labels are used.

    Returns:
        With labels: `accuracy`, `hr_accuracy` (the same on HR), `retained` (their ratio), `guess_accuracy` (of always
        predicting each attribute's more frequent value, or the most frequent class), and for attributes `balanced` and
        `hr_balanced` (mean over attributes of the mean of sensitivity and specificity, without constant attributes).
        Without labels: `top1` (same first class as HR) and `top5` (HR's first class among the first five), or
        `agreement` (share of attributes predicted as on HR), and `kl`, in nats. Empty without images.
    """
    if not images:
        return {}
    sr, hr = (np.array([getattr(one, side) for one in images]) for side in ("sr", "hr"))
    truths = [one.truth for one in images]
    if any(truth is None for truth in truths):
        found = _agreement(images, sr == hr)
    else:
        truth = np.array(truths)
        labelled = (truth != UNKNOWN).all(0)
        sr, hr, truth = sr[:, labelled], hr[:, labelled], truth[:, labelled]
        found = _accuracy(sr == truth, hr == truth) | {"guess_accuracy": Estimate(_guessing(truth, images[0].task))}
        if images[0].task == "attributes":
            found |= {"balanced": _estimated(_balanced(sr == truth, truth)), "hr_balanced": _plain(hr == truth, truth)}
    return found


def by_attribute(images: Sequence[Prediction], names: Sequence[str]) -> list[dict[str, Any]]:
    """Return a row for each attribute of labelled images: number of images and positives, accuracy (on HR too)."""
    sr, hr, truth = (np.array([getattr(one, side) for one in images]) for side in ("sr", "hr", "truth"))
    rows: list[dict[str, Any]] = []
    for index, name in enumerate(names):
        if (truth[:, index] == UNKNOWN).any():
            continue
        here, right, on_hr = truth[:, index], sr[:, index] == truth[:, index], hr[:, index] == truth[:, index]
        row: dict[str, Any] = {"attribute": name, "images": len(here), "positives": int(here.sum())}
        row |= {"accuracy": float(right.mean()), "hr_accuracy": float(on_hr.mean())}
        if 0 < here.sum() < len(here):
            row["balanced"] = float((right[here == 1].mean() + right[here == 0].mean()) / 2)
            row["hr_balanced"] = float((on_hr[here == 1].mean() + on_hr[here == 0].mean()) / 2)
        rows.append(row)
    return rows


def _agreement(images: Sequence[Prediction], same: NDArray[np.bool_]) -> dict[str, Estimate]:
    divergence = _estimated(_mean(np.array([one.kl for one in images])))
    if images[0].task == "attributes":
        return {"agreement": _estimated(_mean(same.mean(1))), "kl": divergence}
    near = np.array([bool(one.near) for one in images], np.float64)
    return {"top1": _estimated(_mean(same[:, 0].astype(np.float64))), "top5": _estimated(_mean(near)), "kl": divergence}


def _accuracy(right: NDArray[np.bool_], right_on_hr: NDArray[np.bool_]) -> dict[str, Estimate]:
    here, on_hr = right.mean(1), right_on_hr.mean(1)
    found = {"accuracy": _estimated(_mean(here)), "hr_accuracy": Estimate(float(on_hr.mean()))}
    if on_hr.any():
        found["retained"] = _estimated(lambda counts: _divided(counts @ here, counts @ on_hr), len(here))
    return found


def _guessing(truth: NDArray[Any], task: Task) -> float:
    if task == "classes":
        return float(np.unique(truth, return_counts=True)[1].max() / len(truth))
    there = truth.mean(0)
    return float(np.maximum(there, 1 - there).mean())


def _mean(values: Floats) -> tuple[Statistic, int]:
    return (lambda counts: counts @ values / len(values)), len(values)


def _balanced(right: NDArray[np.bool_], truth: NDArray[Any]) -> tuple[Statistic, int]:
    """Mean over attributes of sensitivity and specificity; attributes that are constant in a resample are left out."""
    here = truth == 1
    true_positive, true_negative = (right & here).astype(np.float64), (right & ~here).astype(np.float64)
    there, absent = here.astype(np.float64), (~here).astype(np.float64)

    def statistic(counts: Floats) -> Floats:
        sensitivity = _divided(counts @ true_positive, counts @ there)
        specificity = _divided(counts @ true_negative, counts @ absent)
        both = (sensitivity + specificity) / 2
        known = ~np.isnan(both)
        return _divided(np.where(known, both, 0.0).sum(1), known.sum(1).astype(np.float64))

    return statistic, len(right)


def _plain(right: NDArray[np.bool_], truth: NDArray[Any]) -> Estimate:
    statistic, count = _balanced(right, truth)
    return Estimate(float(statistic(np.ones((1, count)))[0]))


def _divided(above: Floats, below: Floats) -> Floats:
    """The quotient; NaN for a denominator of 0."""
    return np.divide(above, below, out=np.full_like(above, np.nan), where=below > 0)


def _estimated(statistic: tuple[Statistic, int] | Statistic, count: int = 0) -> Estimate:
    function, images = statistic if isinstance(statistic, tuple) else (statistic, count)
    value = float(function(np.ones((1, images)))[0])
    if images < MIN_IMAGES or np.isnan(value):
        return Estimate(value)
    low, high = interval(function, images, RESAMPLES)
    return Estimate(value, float(low), float(high))
