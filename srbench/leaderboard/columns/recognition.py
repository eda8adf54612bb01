"""Downstream scores of a set of images, with intervals as for metrics: the same draws of images for every method."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from srbench.api import UNKNOWN, Prediction, Task
from srbench.leaderboard.significance.intervals import Floats, Statistic, interval, mean_of


@dataclass(frozen=True)
class Estimate:
    """A value over a set of images, and the ends of its 95 % interval; None without an interval, see `interval`."""

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
            balanced = _estimated(_balanced(sr == truth, truth), len(truth))
            found |= {"balanced": balanced, "hr_balanced": _plain(hr == truth, truth)}
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
    divergence = _mean(np.array([one.kl for one in images]), largest=np.inf)
    if images[0].task == "attributes":
        return {"agreement": _mean(same.mean(1)), "kl": divergence}
    near = np.array([bool(one.near) for one in images], np.float64)
    return {"top1": _mean(same[:, 0].astype(np.float64)), "top5": _mean(near), "kl": divergence}


def _accuracy(right: NDArray[np.bool_], right_on_hr: NDArray[np.bool_]) -> dict[str, Estimate]:
    here, on_hr = right.mean(1), right_on_hr.mean(1)
    found = {"accuracy": _mean(here), "hr_accuracy": Estimate(float(on_hr.mean()))}
    if on_hr.any():
        found["retained"] = _estimated(_ratio(here, on_hr), len(here), largest=np.inf)
    return found


def _guessing(truth: NDArray[Any], task: Task) -> float:
    if task == "classes":
        return float(np.unique(truth, return_counts=True)[1].max() / len(truth))
    there = truth.mean(0)
    return float(np.maximum(there, 1 - there).mean())


def _mean(values: Floats, largest: float = 1.0) -> Estimate:
    return _estimated(mean_of(values), len(values), largest)


def _ratio(above: Floats, below: Floats) -> Statistic:
    """Ratio of two means; its standard error is that of the residuals above - ratio · below."""

    def statistic(counts: Floats) -> tuple[Floats, Floats]:
        images = counts.shape[1]
        total = counts @ below
        ratio = _divided(counts @ above, total)
        squares = counts @ above**2 - 2 * ratio * (counts @ (above * below)) + ratio**2 * (counts @ below**2)
        return ratio, _divided(np.sqrt(np.maximum(squares, 0) * images / max(images - 1, 1)), total)

    return statistic


def _balanced(right: NDArray[np.bool_], truth: NDArray[Any]) -> Statistic:
    """Mean over attributes of sensitivity and specificity; attributes that are constant in a resample are left out."""
    here = truth == 1
    sides = [(part.astype(np.float64), (right & part).astype(np.float64)) for part in (here, ~here)]

    def statistic(counts: Floats) -> tuple[Floats, Floats]:
        images = counts.shape[1]
        totals = [counts @ part for part, _ in sides]
        known = (totals[0] > 0) & (totals[1] > 0)
        weights = [_divided(known.astype(np.float64), total, empty=0.0) for total in totals]
        shares = [counts @ hits * weight for (_, hits), weight in zip(sides, weights, strict=True)]
        attributes = known.sum(1).astype(np.float64)
        # Each image's share in the deviation of the mean, linear in its hits: (resamples, images).
        influence = sum(
            weight @ hits.T - (share * weight) @ part.T
            for (part, hits), weight, share in zip(sides, weights, shares, strict=True)
        )
        spread = np.sqrt((counts * np.square(influence)).sum(1) * images / max(images - 1, 1))
        return _divided((shares[0] + shares[1]).sum(1), 2 * attributes), _divided(spread, 2 * attributes)

    return statistic


def _plain(right: NDArray[np.bool_], truth: NDArray[Any]) -> Estimate:
    return Estimate(float(_balanced(right, truth)(np.ones((1, len(right))))[0][0]))


def _divided(above: Floats, below: Floats, empty: float = np.nan) -> Floats:
    """The quotient; `empty` for a denominator of 0."""
    return np.divide(above, below, out=np.full_like(above, empty), where=below > 0)


def _estimated(statistic: Statistic, images: int, largest: float = 1.0) -> Estimate:
    """The value over all images with its interval, cut to the range from 0 to `largest`."""
    value = float(statistic(np.ones((1, images)))[0][0])
    low, high = (float(end) for end in np.clip(interval(statistic, images), 0.0, largest))
    return Estimate(value) if np.isnan(low) else Estimate(value, low, high)
