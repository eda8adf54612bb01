"""The only loop over cells and images. It knows no metric and no file format.

An image is decoded once, degraded once for each scale and degradation rule, upscaled once by each method, and the
result scored under every protocol that shares the rule. What fails, fails in its own records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from numpy.typing import NDArray

from srbench.api import Metric, Sample
from srbench.datasets import Dataset
from srbench.errors import ImageError, MethodError, SRBenchError
from srbench.identities import Identities
from srbench.inputs import Decoded, Degraded, decode, degrade
from srbench.methods import Job, Method, Produced, Producer
from srbench.plan import Cell, Plan
from srbench.record import Record, RecordKey
from srbench.scoring import score
from srbench.store import RecordSink

__all__ = ["Conditions", "run_plan"]

Planes = NDArray[Any]
Advance = Callable[[int], None]
"""Told how many more records are done."""


@dataclass(frozen=True)
class Conditions:
    """Under what a plan is run.

    Attributes:
        metrics: What to compute.
        device: A torch device.
    """

    metrics: tuple[Metric, ...]
    device: str


@dataclass(frozen=True)
class _Task:
    """One record that is still to be made."""

    cell: Cell
    key: RecordKey
    fingerprint: str


@dataclass(frozen=True)
class _Truth:
    """What a result is compared with: HR, its compared planes by protocol name, and what is odd about its LR."""

    hr: Decoded
    references: Mapping[str, Planes]
    warnings: tuple[str, ...]


def run_plan(
    plan: Plan, conditions: Conditions, identities: Identities, sink: RecordSink, advance: Advance = lambda _: None
) -> int:
    """Make every record of a plan that the sink does not hold yet.

    Args:
        plan: The cells.
        conditions: Metrics and device.
        identities: What the records depend on.
        sink: Takes each record as it is made.
        advance: Called as records are made or found finished.

    Returns:
        How many finished records were found and not made again.

    Raises:
        StoreError: The sink cannot take more; what fails otherwise becomes a failed record.
    """
    runner = _Runner(plan, conditions, identities, sink, advance)
    for dataset in plan.request.datasets:
        for sample in dataset.samples:
            runner.image(dataset, sample)
    return runner.reused


class _Runner:
    def __init__(
        self, plan: Plan, conditions: Conditions, identities: Identities, sink: RecordSink, advance: Advance
    ) -> None:
        self._plan = plan
        self._conditions = conditions
        self._sink = sink
        self._advance = advance
        self._identities = identities
        self.reused = 0
        self._opened: dict[tuple[str, int], Producer | SRBenchError] = {}

    def image(self, dataset: Dataset, sample: Sample) -> None:
        """Bring all records of one image up to date."""
        tasks = self._pending(dataset, sample)
        if not tasks:
            return
        try:
            hr = decode(dataset, sample)
        except SRBenchError as error:
            self._fail(tasks, error)
            return
        for (scale, rule), group in _grouped(tasks, lambda task: (task.cell.scale, task.cell.protocol.degradation)):
            try:
                degraded = degrade(hr.image, sample, scale, rule, self._plan.request.lr)
            except SRBenchError as error:
                self._fail(group, error, hr)
                continue
            job = Job(sample.id, degraded.lr, degraded.reference.shape[1:], scale, grey=len(hr.image) == 1)
            references = self._references(degraded, hr, scale, group)
            scorable = [task for task in group if task.cell.protocol.name in references]
            for method, same in _grouped(scorable, lambda task: task.cell.method):
                self._method(method, job, _Truth(hr, references, degraded.warnings), same)

    def _references(self, degraded: Degraded, hr: Decoded, scale: int, tasks: Sequence[_Task]) -> dict[str, Planes]:
        """HR as each protocol compares it; the tasks of a protocol that leaves nothing to compare fail."""
        references: dict[str, Planes] = {}
        for protocol, same in _grouped(tasks, lambda task: task.cell.protocol):
            try:
                references[protocol.name] = protocol.compared(degraded.reference, scale)
            except ImageError as error:
                self._fail(same, error, hr)
        return references

    def _pending(self, dataset: Dataset, sample: Sample) -> list[_Task]:
        tasks: list[_Task] = []
        for cell in self._plan.cells:
            if cell.dataset is not dataset:
                continue
            key = RecordKey(
                cell.method.name, dataset.name, cell.scale, cell.protocol.name, self._plan.request.lr, sample.id
            )
            fingerprint = self._identities.fingerprint(key)
            if self._sink.finished(key, fingerprint):
                self.reused += 1
                self._advance(1)
            else:
                tasks.append(_Task(cell, key, fingerprint))
        return tasks

    def _method(self, method: Method, job: Job, truth: _Truth, tasks: Sequence[_Task]) -> None:
        try:
            produced = self._producer(method, job.scale)(job)
        except SRBenchError as error:
            self._fail(tasks, error, truth.hr)
            return
        for task in tasks:
            try:
                self._append(self._scored(task, produced, truth))
            except MethodError as error:
                self._fail([task], error, truth.hr)

    def _producer(self, method: Method, scale: int) -> Producer:
        """The opened method; one that could not be opened raises the same error for every image."""
        key = (method.name, scale)
        if key not in self._opened:
            try:
                self._opened[key] = method.open(scale, self._conditions.device)
            except SRBenchError as error:
                self._opened[key] = error
        opened = self._opened[key]
        if isinstance(opened, SRBenchError):
            raise opened
        return opened

    def _scored(self, task: _Task, produced: Produced, truth: _Truth) -> Record:
        protocol = task.cell.protocol
        if len(truth.hr.image) == 1 and len(produced.image) == 3 and protocol.card.grey == "y":
            raise MethodError(f"HR is grey, which {protocol.name} reads as luma; the result is RGB, save it as grey")
        sr = protocol.compared(produced.image, task.cell.scale)
        scores = score(sr, truth.references[protocol.name], self._conditions.metrics)
        return Record(
            key=task.key,
            status="ok",
            fingerprint=task.fingerprint,
            protocol_hash=protocol.card.hash,
            hr_sha256=truth.hr.sha256,
            scores=scores.values,
            undefined=scores.undefined,
            warnings=(*truth.warnings, *produced.warnings),
        )

    def _fail(self, tasks: Sequence[_Task], error: SRBenchError, hr: Decoded | None = None) -> None:
        for task in tasks:
            self._append(
                Record(
                    key=task.key,
                    status="failed",
                    fingerprint=task.fingerprint,
                    protocol_hash=task.cell.protocol.card.hash,
                    hr_sha256=None if hr is None else hr.sha256,
                    error=str(error),
                )
            )

    def _append(self, record: Record) -> None:
        self._sink.append(record)
        self._advance(1)


def _grouped(tasks: Sequence[_Task], key: Callable[[_Task], Any]) -> Iterator[tuple[Any, list[_Task]]]:
    """Group by key, keeping the plan's order of first appearance."""
    order: list[Any] = []
    for task in tasks:
        if key(task) not in order:
            order.append(key(task))
    for found, group in groupby(sorted(tasks, key=lambda task: order.index(key(task))), key=key):
        yield found, list(group)
