"""What a classifier said of one upscaled image, beside what it says of HR and what people say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from srbench.api import Task

__all__ = ["UNKNOWN", "Seen", "seen"]

UNKNOWN = -1
"""Of an attribute that nobody has labelled."""

_FIRST = 5
"""Classes among which HR's is looked for."""

Logits = NDArray[np.float32]


@dataclass(frozen=True)
class Seen:
    """One image under one classifier, as a record keeps it.

    Attributes:
        task: One class an image, or several attributes.
        sr: What was said of the result: the class, or a 1 or 0 for each attribute.
        hr: The same of HR.
        truth: What people say, `UNKNOWN` of single attributes; None where nobody did.
        kl: Kullback–Leibler divergence of the result's probabilities from HR's, in nats; of attributes the mean of
            each one's.
        near: Whether HR's class is among the five first of the result; None for attributes.
    """

    task: Task
    sr: tuple[int, ...]
    hr: tuple[int, ...]
    truth: tuple[int, ...] | None
    kl: float
    near: bool | None

    def describe(self) -> dict[str, Any]:
        """As plain values; attributes as a word of 0, 1 and, where nobody knows, a hyphen."""
        words = {name: _written(self.task, getattr(self, name)) for name in ("sr", "hr", "truth")}
        return asdict(self) | words

    @staticmethod
    def from_description(described: Mapping[str, Any]) -> Seen:
        """Read `describe` back."""
        task: Task = described["task"]
        words = {name: _read(task, described[name]) for name in ("sr", "hr", "truth")}
        return Seen(**({**described} | words))


def seen(task: Task, sr: Logits, hr: Logits, truth: tuple[int, ...] | None) -> Seen:
    """Compare what a classifier says of two images.

    Args:
        task: What it says.
        sr: (K,), its logits of the result.
        hr: (K,), of HR.
        truth: What people say, or None.
    """
    if task == "attributes":
        divergence = _kl(_sigmoid(hr), _sigmoid(sr)) + _kl(_sigmoid(-hr), _sigmoid(-sr))
        return Seen(task, _bits(sr), _bits(hr), truth, float(divergence.mean()), None)
    first = int(hr.argmax())
    p, q = (_softmax(side) for side in (hr, sr))
    order = np.argsort(-sr, kind="stable")[:_FIRST]
    return Seen(task, (int(sr.argmax()),), (first,), truth, float(_kl(p, q).sum()), bool(first in order))


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
    """Terms p · log(p / q), 0 where p is; both are kept above the smallest normal number in the logarithm."""
    tiny = np.finfo(np.float64).tiny
    found: NDArray[np.float64] = p * np.log(np.maximum(p, tiny) / np.maximum(q, tiny))
    return found


def _written(task: Task, value: tuple[int, ...] | None) -> str | int | None:
    if value is None:
        return None
    return "".join("-" if bit == UNKNOWN else str(bit) for bit in value) if task == "attributes" else value[0]


def _read(task: Task, value: Any) -> tuple[int, ...] | None:
    if value is None:
        return None
    return tuple(UNKNOWN if bit == "-" else int(bit) for bit in value) if task == "attributes" else (int(value),)
