"""The interface of engines, which turn a plan's cells into records."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from srbench.api import ClassifierSpec, Inference, LrSource, MetricSpec, Panel, Trial
from srbench.runs import Gallery, Identities, Plan, RecordSink

Advance = Callable[[int], None]
"""Called with the number of records just made or found finished."""


OnFiles = Callable[[str, int, Mapping[str, str]], None]
"""Called with a method's name, a scale, and the sha256 of files that the method read for the first time, by path."""


@dataclass(frozen=True)
class Settings:
    """How a plan is run, as plain values that can be sent to another process.

    Attributes:
        metrics: Metrics to compute.
        inference: Device, precision and runtime.
        auto: Whether bf16 is tried on each dataset's first images, and replaced by fp32 if the results differ.
        lr: `made`: LR is computed from HR; `given`: the dataset's LR files are read.
        classifiers: Classifiers to run on the results.
        gallery: Paths at which upscaled images are saved; None to save none.
    """

    metrics: tuple[MetricSpec, ...]
    inference: Inference
    auto: bool = False
    lr: LrSource = "made"
    classifiers: tuple[ClassifierSpec, ...] = ()
    gallery: Gallery | None = None


class Engine(Protocol):
    """A function that makes every record of a plan that the storage lacks; all engines make equal records."""

    def __call__(
        self,
        plan: Plan,
        settings: Settings,
        identities: Identities,
        sink: RecordSink,
        *,
        panel: Panel | None = None,
        on_trial: Callable[[Trial], None] = lambda _: None,
        on_files: OnFiles = lambda *_: None,
        advance: Advance = lambda _: None,
    ) -> int:
        """Make every record of a plan that the sink lacks.

        Args:
            plan: The cells (method × dataset × scale × protocol) to be run.
            settings: How the cells are run.
            identities: Hashes that the records depend on.
            sink: Stores each record as it is made; called from this process only, perhaps from several threads.
            panel: The classifiers of `settings`, loaded.
            on_trial: Called with each trial of bf16, before records in the chosen precision are made.
            on_files: Called before the first record that may depend on these files is stored.
            advance: Called as records are made or found finished.

        Returns:
            Number of finished records that were found and not made again.

        Raises:
            StoreError: The sink cannot store a record. Any other error becomes a failed record.
        """
        ...
