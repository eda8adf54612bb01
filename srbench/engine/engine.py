"""What an engine is given: settings as plain values, and callbacks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from srbench.api import Inference, Metric, Trial
from srbench.classifiers import ClassifierPanel
from srbench.runs import Gallery

__all__ = ["Conditions"]

Advance = Callable[[int], None]
"""Told how many more records are done."""


@dataclass(frozen=True)
class Conditions:
    """Under what a plan is run.

    Attributes:
        metrics: What to compute.
        inference: Device, precision and runtime.
        auto: Whether its bf16 is tried on each dataset's first images, and given up for fp32 where it shows.
        on_trial: Told what came of each trial, before its records are made.
        views: Classifiers that look at the results; None where there are none.
        gallery: Where results are saved; None where they are not.
    """

    metrics: tuple[Metric, ...]
    inference: Inference
    auto: bool = False
    on_trial: Callable[[Trial], None] = lambda _: None
    views: ClassifierPanel | None = None
    gallery: Gallery | None = None
