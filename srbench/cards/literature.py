"""Cards of what others published: figures reported for a system, and the rules by which a challenge scores a run."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field, model_validator

from srbench.cards.fields import Name, Scale, Strict, Text


class ReportedFigure(Strict):
    """A PSNR stated in a report."""

    method: Text
    """Method that stands in for the reported system, such as `edsr+correct`."""
    label: Text | None = None
    """Name of the system in the report."""
    dataset: Text
    image: Text | None = None
    """Image id; None for the mean over the dataset."""
    scale: Scale
    psnr: float
    """Reported PSNR in dB."""


class ReportCard(Strict):
    """A report on another system, with methods that stand in for that system; printed, never verified."""

    name: Name
    title: Text
    summary: Text
    protocol: Name
    """Name of the protocol closest to that of the report."""
    methods: Annotated[tuple[str, ...], Field(min_length=1)]
    rival: Text | None = None
    """Method whose PSNR is compared with that of the first of `methods`, per image."""
    figures: tuple[ReportedFigure, ...] = ()


Cost = Literal["runtime", "macs", "parameters"]
"""A cost of a method: milliseconds, 10⁹ multiply–adds, or 10⁶ parameters."""

Finite = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class CostWeights(Strict):
    """Weight of each cost in the score; they sum to one."""

    runtime: Positive
    macs: Positive
    parameters: Positive

    @model_validator(mode="after")
    def _sum_to_one(self) -> CostWeights:
        total = math.fsum((self.runtime, self.macs, self.parameters))
        if not math.isclose(total, 1.0, abs_tol=1e-9):
            raise ValueError(f"the weights sum to {total:g}, expected 1, so that the baseline's score is exp(2)")
        return self


class PublishedBaseline(Strict):
    """Published costs of a challenge's baseline."""

    name: Text
    runtime: Positive | None = None
    """Milliseconds an image; None if no source states it, in which case users name a measured baseline."""
    macs: Positive
    """10⁹ multiply–adds at the rules' LR size."""
    parameters: Positive
    """10⁶ parameters."""
    measured_on: Text
    """Device and images of the runtime, in words."""


class EfficiencyScore(Strict):
    """Score Σ weight · exp(2 · cost / cost of the baseline); lower is better."""

    size: tuple[Annotated[int, Field(gt=0)], Annotated[int, Field(gt=0)]]
    """Width and height of the LR image that is timed and whose multiply–adds count, in pixels."""
    weights: CostWeights
    baseline: PublishedBaseline


class MetricTerm(Strict):
    """A term of a sum of metrics: weight · max(least, offset + factor · mean)."""

    metric: Text
    """Metric as written after `--metrics`; its mean over the dataset's images is taken."""
    label: Text | None = None
    """Title of the term's column; by default the metric's name."""
    weight: Positive = 1.0
    offset: Finite = 0.0
    factor: Finite = 1.0
    least: Finite | None = None
    """Lower bound of the term before it is weighted; None without a bound."""

    def value(self, mean: float) -> float:
        """Return the term of a metric's mean."""
        term = self.offset + self.factor * mean
        return self.weight * (term if self.least is None else max(self.least, term))


class Gate(Strict):
    """Least mean of a metric; methods below it have no score."""

    dataset: Text
    metric: Text = "psnr"
    least: Finite
    public: bool = True
    """Whether others have the images; a gate on images that are not public is named, and not checked."""


class RulesCard(Strict):
    """Rules by which a challenge scores the methods of a run: either `efficiency`, or `terms` of metrics.

    The score of `terms` is their sum, and higher is better. Their weights need not sum to one.
    """

    name: Name
    title: Text
    summary: Text
    source: Text
    scale: Scale
    protocol: Name
    """Protocol under which gates and terms are scored."""
    efficiency: EfficiencyScore | None = None
    terms: tuple[MetricTerm, ...] = ()
    gates: tuple[Gate, ...] = ()
    remark: Text | None = None
    """What keeps a score from being the challenge's own, to be printed beside it."""

    @model_validator(mode="after")
    def _one_kind_of_score(self) -> RulesCard:
        if (self.efficiency is None) == (not self.terms):
            raise ValueError("give either [efficiency] or [[terms]]")
        names = [term.metric for term in self.terms]
        if len(set(names)) < len(names):
            raise ValueError(f"[[terms]] of {', '.join(names)}: a metric is there twice; write one term for it")
        gated = [(gate.dataset, gate.metric) for gate in self.gates]
        if len(set(gated)) < len(gated):
            raise ValueError("two [[gates]] have the same dataset and metric; remove one")
        return self

    @property
    def higher_is_better(self) -> bool:
        """Whether a higher score is better."""
        return self.efficiency is None

    @property
    def checked_gates(self) -> tuple[Gate, ...]:
        """Gates on public images."""
        return tuple(gate for gate in self.gates if gate.public)
