"""Comparison of a classifier's outputs on a result and on HR."""

import numpy as np
from numpy.typing import NDArray

from srbench.api import Prediction, Task

_FIRST = 5
"""Number of the upscaled image's most probable classes in which HR's class is looked for (top-5)."""

Logits = NDArray[np.float32]


def predicted(task: Task, sr: Logits, hr: Logits, truth: tuple[int, ...] | None) -> Prediction:
    """Compare a classifier's logits on a result and on HR, (K,) each; `truth` is the ground truth, or None."""
    if task == "attributes":
        divergence = _kl(_sigmoid(hr), _sigmoid(sr)) + _kl(_sigmoid(-hr), _sigmoid(-sr))
        return Prediction(task, _bits(sr), _bits(hr), truth, float(divergence.mean()), None)
    first = int(hr.argmax())
    p, q = (_softmax(side) for side in (hr, sr))
    order = np.argsort(-sr, kind="stable")[:_FIRST]
    return Prediction(task, (int(sr.argmax()),), (first,), truth, float(_kl(p, q).sum()), bool(first in order))


def _bits(logits: Logits) -> tuple[int, ...]:
    return tuple(int(value) for value in logits > 0)


def _sigmoid(logits: Logits) -> NDArray[np.float64]:
    shares: NDArray[np.float64] = 1 / (1 + np.exp(-np.clip(logits.astype(np.float64), -700, 700)))
    return shares


def _softmax(logits: Logits) -> NDArray[np.float64]:
    powers: NDArray[np.float64] = np.exp(logits.astype(np.float64) - float(logits.max()))
    shares: NDArray[np.float64] = powers / powers.sum()
    return shares


def _kl(p: NDArray[np.float64], q: NDArray[np.float64]) -> NDArray[np.float64]:
    """Terms p · log(p / q), 0 if p is 0; in the logarithm both are at least the smallest normal number."""
    tiny = np.finfo(np.float64).tiny
    found: NDArray[np.float64] = p * np.log(np.maximum(p, tiny) / np.maximum(q, tiny))
    return found
