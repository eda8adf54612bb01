"""What an engine is: it carries a plan's cells to records."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from srbench.api import ClassifierSpec, Inference, LrSource, MetricSpec, Panel, Trial
from srbench.runs import Gallery, Identities, Plan, RecordSink

Advance = Callable[[int], None]
"""Called with the number of records that were just made or found finished."""


@dataclass(frozen=True)
class Settings:
    """How a plan is run, as plain values that can be sent to another process.

    Attributes:
        metrics: The metrics to compute.
        inference: Device, precision and runtime.
        auto: Whether bf16 is tried on each dataset's first images, and replaced by fp32 where the results differ.
        lr: Whether LR is made or read.
        classifiers: Classifiers that look at the results.
        gallery: Where results are saved; None to save none.
    """

    metrics: tuple[MetricSpec, ...]
    inference: Inference
    auto: bool = False
    lr: LrSource = "made"
    classifiers: tuple[ClassifierSpec, ...] = ()
    gallery: Gallery | None = None


class Engine(Protocol):
    """Makes every record of a plan that a sink does not hold yet; all engines make the same records."""

    def __call__(
        self,
        plan: Plan,
        settings: Settings,
        identities: Identities,
        sink: RecordSink,
        *,
        panel: Panel | None = None,
        on_trial: Callable[[Trial], None] = lambda _: None,
        advance: Advance = lambda _: None,
    ) -> int:
        """Run.

        Args:
            plan: The cells.
            settings: How they are run.
            identities: What the records depend on.
            sink: Receives each record as it is made; called from this process only.
            panel: The classifiers of `settings`, loaded already.
            on_trial: Called with each trial of bf16, before its records are made.
            advance: Called as records are made or found finished.

        Returns:
            How many finished records were found and not made again.

        Raises:
            StoreError: The sink cannot take more. Whatever else fails becomes a failed record.
        """
        ...
