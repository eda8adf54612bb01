"""From a request to the cells of a run, without reading, loading or writing anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from srbench.api import ClassifierSpec, Dataset, LrSource, Method, MetricSpec, PrecisionChoice, RuntimeChoice
from srbench.errors import DatasetError, NotApplicableError, RequestError
from srbench.protocols import Protocol


@dataclass(frozen=True)
class Request:
    """What the user requested, in the requested order: names are resolved, combinations not yet checked.

    Attributes:
        lr: `made`: LR is computed from HR; `given`: the dataset's LR files are read.
        precision: Precision of networks; `auto` chooses between fp32 and bf16.
        runtime: Runtime that executes networks.
        classifiers: Classifiers that are run on the results.
    """

    methods: tuple[Method, ...]
    datasets: tuple[Dataset, ...]
    scales: tuple[int, ...]
    protocols: tuple[Protocol, ...]
    metrics: tuple[MetricSpec, ...]
    lr: LrSource = "made"
    precision: PrecisionChoice = "fp32"
    runtime: RuntimeChoice = "eager"
    classifiers: tuple[ClassifierSpec, ...] = ()


@dataclass(frozen=True)
class Cell:
    """A method, dataset, scale and protocol to be run together: one row of the leaderboard."""

    method: Method
    dataset: Dataset
    scale: int
    protocol: Protocol


@dataclass(frozen=True)
class Refusal:
    """Requested cells that cannot be run: a method at a scale under a protocol, and the reason."""

    method: str
    scale: int
    protocol: str
    reason: str

    def __str__(self) -> str:
        return f"{self.method} ×{self.scale} under {self.protocol}: {self.reason}"


def _unlike(names: tuple[Any, ...]) -> tuple[Any, ...]:
    if repeated := [name for name in names if names.count(name) > 1]:
        raise ValueError(f"{repeated[0]} is there twice")
    return names


Names = Annotated[tuple[str, ...], Field(min_length=1), AfterValidator(_unlike)]


class PlanDescription(BaseModel):
    """A plan as plain values; a run folder can be completed only by a plan with equal values.

    Attributes:
        places: Hash of the file or folder path of each method or dataset that has one, by name.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    methods: Names
    datasets: Names
    places: dict[str, str]
    scales: Annotated[tuple[int, ...], Field(min_length=1), AfterValidator(_unlike)]
    protocols: Names
    metrics: Names
    lr: LrSource
    precision: PrecisionChoice
    runtime: RuntimeChoice
    classifiers: tuple[str, ...] = ()

    def differs_from(self, other: PlanDescription) -> str:
        """Return text that names the first field that differs, with both values; empty if the plans are equal."""
        for name in type(self).model_fields:
            own, others = getattr(self, name), getattr(other, name)
            if own != others:
                return f"{name}: {_plain(others)}; asked for: {_plain(own)}"
        return ""


def _plain(value: object) -> str:
    return ", ".join(str(item) for item in value) if isinstance(value, tuple) else str(value)


@dataclass(frozen=True)
class Plan:
    """A request, the cells (method × dataset × scale × protocol) to be run, and those that cannot be run."""

    request: Request
    cells: tuple[Cell, ...]
    refused: tuple[Refusal, ...]

    def describe(self) -> PlanDescription:
        """Return the plan as plain values, which identify the run."""
        request = self.request
        places = {method.name: method.place for method in request.methods if method.place}
        places |= {dataset.name: dataset.place for dataset in request.datasets if dataset.place}
        return PlanDescription(
            methods=tuple(method.name for method in request.methods),
            datasets=tuple(dataset.name for dataset in request.datasets),
            places=places,
            scales=request.scales,
            protocols=tuple(protocol.name for protocol in request.protocols),
            metrics=tuple(metric.info.name for metric in request.metrics),
            lr=request.lr,
            precision=request.precision,
            runtime=request.runtime,
            classifiers=tuple(classifier.name for classifier in request.classifiers),
        )

    @property
    def records(self) -> int:
        """Number of records of the completed run: one for each image of each cell."""
        return sum(len(cell.dataset.samples) for cell in self.cells)


def make_plan(request: Request) -> Plan:
    """Combine a request's methods, datasets, scales and protocols; those that cannot be run are listed as refused.

    Raises:
        RequestError: A list is empty or names something twice.
        DatasetError: `lr` is `given`, and a dataset has no LR files at a scale.
        NotApplicableError: A method cannot be run at all, or classifiers are combined with a protocol of luma alone.
    """
    for what, names in _names(request):
        if not names and what != "classifier":
            raise RequestError(f"no {what} given; name at least one")
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise RequestError(f"{what} {', '.join(twice)} given twice; name each {what} once")
    for protocol in request.protocols if request.classifiers else ():
        if protocol.card.degradation.planes == "y":
            raise NotApplicableError(
                f"classifiers look at RGB images, and under {protocol.name} only luma is upscaled; "
                "choose another protocol"
            )
    cells: list[Cell] = []
    refused: list[Refusal] = []
    for method, scale, protocol in _combinations(request):
        reason = _obstacle(method, scale, protocol, request.lr)
        if reason is None:
            cells += [Cell(method, dataset, scale, protocol) for dataset in request.datasets]
        else:
            refused.append(Refusal(method.name, scale, protocol.name, reason))
    running = {cell.method.name for cell in cells}
    for method in request.methods:
        if method.name not in running:
            why = "; ".join(str(refusal) for refusal in refused if refusal.method == method.name)
            raise NotApplicableError(f"nothing to run: {why}")
    if request.lr == "given":
        _require_lr_files(request)
    return Plan(request, tuple(cells), tuple(refused))


def _require_lr_files(request: Request) -> None:
    for dataset in request.datasets:
        for scale in request.scales:
            if not any(scale in sample.lr for sample in dataset.samples):
                raise DatasetError(f"{dataset.name}: has no LR files for ×{scale}; leave out --lr given to make LR")


def _names(request: Request) -> Iterator[tuple[str, Sequence[str]]]:
    yield "method", [method.name for method in request.methods]
    yield "dataset", [dataset.name for dataset in request.datasets]
    yield "scale", [str(scale) for scale in request.scales]
    yield "protocol", [protocol.name for protocol in request.protocols]
    yield "metric", [metric.info.name for metric in request.metrics]
    yield "classifier", [classifier.name for classifier in request.classifiers]


def _combinations(request: Request) -> Iterator[tuple[Method, int, Protocol]]:
    for scale in request.scales:
        for protocol in request.protocols:
            for method in request.methods:
                yield method, scale, protocol


def _obstacle(method: Method, scale: int, protocol: Protocol, lr: LrSource) -> str | None:
    rule = protocol.card.degradation
    if method.scales != "any" and scale not in method.scales:
        return f"has only {', '.join(f'×{known}' for known in method.scales)}"
    if rule.planes == "y" and method.colour == "rgb":
        return "upscales RGB, the protocol hands over the Y plane alone; choose another protocol"
    if lr == "given" and (rule.kernel, rule.planes) != ("matlab-bicubic", "rgb"):
        return "given LR files are MATLAB-bicubic RGB, which is not this protocol's LR; leave out --lr given"
    return None
