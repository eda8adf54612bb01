"""Scores of many images from what was seen in each, with intervals by bootstrap over images.

Every method's images are drawn alike, so that intervals of one dataset belong together.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from srbench.api import UNKNOWN, Prediction, Task
from srbench.leaderboard.significance.intervals import Floats, Statistic, interval

RESAMPLES = 1000
MIN_IMAGES = 10
"""Fewer images have no interval: resamples of four images that are all recognised are certain of it."""


@dataclass(frozen=True)
class Estimate:
    """A value over a set of images, and the 95 % percentile interval of its resamples, where images are enough."""

    value: float
    low: float | None = None
    high: float | None = None


def headline(names: Sequence[str]) -> str | None:
    """Of an image set's estimates the one that says most: accuracy where there are labels, else agreement."""
    return next((name for name in ("accuracy", "top1", "agreement") if name in names), None)


def estimates(images: Sequence[Prediction]) -> dict[str, Estimate]:
    """What a classifier's looks at a set of images come to.

    Args:
        images: All under one classifier; those without labels make all count as without.

    Returns:
        With labels `accuracy`, `hr_accuracy` (the same on HR), `retained` (their ratio), `guess_accuracy` (of always
        saying each attribute's commoner value here, or the commonest class), and of attributes `balanced`
        and `hr_balanced`: the mean over attributes of sensitivity and specificity, without attributes that all images
        have or none. Without labels `top1` (the same first class as HR), `top5` (HR's first class among the first
        five), or `agreement` (share of attributes told as on HR), and `kl`, in nats. Empty without images.
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
    """A row for each attribute of labelled images: how many have it, and how often it is told right, on HR too."""
    sr, hr, truth = (np.array([getattr(one, side) for one in images]) for side in ("sr", "hr", "truth"))
    rows: list[dict[str, Any]] = []
    for index, name in enumerate(names):
        if (truth[:, index] == UNKNOWN).any():
            continue
        here, told, on_hr = truth[:, index], sr[:, index] == truth[:, index], hr[:, index] == truth[:, index]
        row: dict[str, Any] = {"attribute": name, "images": len(here), "positives": int(here.sum())}
        row |= {"accuracy": float(told.mean()), "hr_accuracy": float(on_hr.mean())}
        if 0 < here.sum() < len(here):
            row["balanced"] = float((told[here == 1].mean() + told[here == 0].mean()) / 2)
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
    """The mean over attributes of sensitivity and specificity; where a resample lacks a side, that attribute is out."""
    here = truth == 1
    told_there, told_not = (right & here).astype(np.float64), (right & ~here).astype(np.float64)
    there, absent = here.astype(np.float64), (~here).astype(np.float64)

    def statistic(counts: Floats) -> Floats:
        sensitivity = _divided(counts @ told_there, counts @ there)
        specificity = _divided(counts @ told_not, counts @ absent)
        both = (sensitivity + specificity) / 2
        known = ~np.isnan(both)
        return _divided(np.where(known, both, 0.0).sum(1), known.sum(1).astype(np.float64))

    return statistic, len(right)


def _plain(right: NDArray[np.bool_], truth: NDArray[Any]) -> Estimate:
    statistic, count = _balanced(right, truth)
    return Estimate(float(statistic(np.ones((1, count)))[0]))


def _divided(above: Floats, below: Floats) -> Floats:
    """NaN where nothing is below."""
    return np.divide(above, below, out=np.full_like(above, np.nan), where=below > 0)


def _estimated(statistic: tuple[Statistic, int] | Statistic, count: int = 0) -> Estimate:
    function, images = statistic if isinstance(statistic, tuple) else (statistic, count)
    value = float(function(np.ones((1, images)))[0])
    if images < MIN_IMAGES or np.isnan(value):
        return Estimate(value)
    low, high = interval(function, images, RESAMPLES)
    return Estimate(value, float(low), float(high))
