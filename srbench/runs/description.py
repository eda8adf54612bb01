"""The model of `run.json`: a run's plan, its conditions, and the identities it depends on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from srbench.api import ClassifierCost, LooksAt, MethodTiming, MetricInfo, MetricSpec, Task, Trial
from srbench.runs.identities import Identities, metric_identity
from srbench.runs.plan import Plan, PlanDescription, Refusal
from srbench.runs.provenance import Environment, git_revision, srbench_version
from srbench.runs.record import CellKey

SCHEMA_VERSION: Literal[4] = 4


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class ProtocolDescription(_Part):
    """A protocol's hash, and the rules it had at the time of the run."""

    hash: str
    rules: dict[str, Any]


class MetricDescription(_Part):
    """A metric's unit, direction and printed decimals, and the hash of the code that computed its values."""

    unit: str
    higher_is_better: bool
    decimals: Annotated[int, Field(ge=0, le=9)]
    summary: str = ""
    looks_at: LooksAt = "scored"
    remark: str = ""
    perceptual: bool = False
    identity: str = ""
    weights: str = ""
    """sha256 of its weight file; empty if it has none."""
    device: str = ""
    """Device on which it was computed; not known before schema 4."""

    def info(self, name: str) -> MetricInfo:
        """Return the `MetricInfo` of this description, for a metric of the given name."""
        fields = self.model_dump(exclude={"identity", "weights", "device"})
        return MetricInfo(name, **fields)


class DatasetDescription(_Part):
    """Hashes of a dataset's images, labels and files, the ids of its images, and the names of files passed over."""

    sha256: str
    labels_sha256: str = ""
    images: tuple[str, ...]
    files: dict[int, dict[str, str]]
    """Hash of an image's files (HR, and LR if it is read), by scale and image id."""
    passed_over: tuple[str, ...] = ()


class ClassifierDescription(_Part):
    """A classifier that was run on the results."""

    identity: str
    weights: str
    source: str
    task: Task
    classes: tuple[str, ...]
    unused_labels: dict[str, str]
    """The reason why a dataset's labels are not used, by dataset name."""
    passed_over: dict[str, str]
    """Text that names a dataset's attributes which the classifier does not predict, by dataset name."""


class TimingsDescription(_Part):
    """Times measured by `srbench run --timing`, their conditions, and the reasons for those that failed."""

    conditions: dict[str, Any]
    items: tuple[MethodTiming, ...]
    failed: tuple[str, ...] = ()


class RunDescription(_Part):
    """Everything that a run's `run.json` holds: plan, hashes, conditions, status and timings."""

    schema_version: Literal[4] = Field(alias="schema")
    srbench: str
    git: str | None
    status: Literal["unfinished", "failed", "complete"]
    started: str
    finished: str | None = None
    plan: PlanDescription
    asked: dict[str, Any] = {}
    """Arguments by which `srbench run` repeats the run, with paths relative to its folder; empty if it cannot."""
    refused: tuple[Refusal, ...]
    protocols: dict[str, ProtocolDescription]
    metrics: dict[str, MetricDescription]
    methods: dict[str, dict[int, dict[str, str]]]
    """Hashes of code and weights, as a mapping, by method and scale."""
    bases: dict[str, dict[int, dict[str, str]]]
    """Hash of all that decides a score except image and metric, by method, scale and protocol; before schema 4, of the
    metrics too."""
    datasets: dict[str, DatasetDescription]
    read: dict[str, dict[int, dict[str, str]]] = {}
    """sha256 of the files that methods were seen to read, by method, scale and name: a path, or `module:NAME`."""
    classifiers: dict[str, ClassifierDescription] = {}
    classifier_cost: dict[str, ClassifierCost] = {}
    trials: tuple[Trial, ...] = ()
    timings: TimingsDescription | None = None
    environment: Environment

    def cells(self) -> Iterator[CellKey]:
        """Yield the names of each method × dataset × scale × protocol to be run, in the plan's order."""
        plan = self.plan
        refused = {(item.method, item.scale, item.protocol) for item in self.refused}
        for dataset in plan.datasets:
            for scale in plan.scales:
                for protocol in plan.protocols:
                    for method in plan.methods:
                        if (method, scale, protocol) not in refused:
                            yield CellKey(method, dataset, scale, protocol, plan.lr)

    def fingerprint(self, cell: CellKey, image: str) -> str:
        """Return the hash that an image's record has if nothing has changed; empty if the dataset lacks the image."""
        files = self.datasets[cell.dataset].files[cell.scale].get(image)
        return f"{self.bases[cell.method][cell.scale][cell.protocol]}-{files}" if files else ""

    def infos(self) -> dict[str, MetricInfo]:
        """Return the run's metrics as a mapping from name to `MetricInfo`, in the order requested."""
        return {name: self.metrics[name].info(name) for name in self.plan.metrics}

    def with_read(self, method: str, scale: int, files: Mapping[str, str]) -> RunDescription:
        """Return a copy in which a method was seen to read more files."""
        scales = self.read.get(method, {})
        read = {**self.read, method: {**scales, scale: {**scales.get(scale, {}), **files}}}
        return self.model_copy(update={"read": read})

    def with_trial(self, trial: Trial) -> RunDescription:
        """Return a copy with a bf16 trial added, replacing an earlier one of the same method, dataset and scale."""
        others = [old for old in self.trials if (old.method, old.dataset, old.scale) != _place(trial)]
        return self.model_copy(update={"trials": (*others, trial)})

    def with_cost(self, cost: Mapping[str, ClassifierCost]) -> RunDescription:
        """Return a copy in which the given costs, by classifier name, are added to those of earlier runs."""
        before = self.classifier_cost
        total = {name: one + before[name] if name in before else one for name, one in cost.items()}
        return self.model_copy(update={"classifier_cost": {**before, **total}})

    @model_validator(mode="after")
    def _holds_all_its_parts(self) -> RunDescription:
        """Every name of the plan is described, so that no reader has to ask."""
        plan = self.plan
        for what, names, known in (
            ("datasets", plan.datasets, self.datasets),
            ("protocols", plan.protocols, self.protocols),
            ("metrics", plan.metrics, self.metrics),
            ("methods", plan.methods, self.methods),
            ("classifiers", plan.classifiers, self.classifiers),
        ):
            if missing := [name for name in names if name not in known]:
                raise ValueError(f"{what} of the plan are not described: {', '.join(missing)}")
        for cell in self.cells():
            if cell.protocol not in self.bases.get(cell.method, {}).get(cell.scale, {}):
                raise ValueError(f"bases lacks {cell.method} ×{cell.scale} under {cell.protocol}")
            if sorted(self.datasets[cell.dataset].files.get(cell.scale, {})) != sorted(
                self.datasets[cell.dataset].images
            ):
                raise ValueError(f"datasets.{cell.dataset}: files at ×{cell.scale} are not those of its images")
        for name, protocol in self.protocols.items():
            if lacking := {"degradation", "grey"} - protocol.rules.keys():
                raise ValueError(f"protocols.{name}: rules lack {', '.join(sorted(lacking))}")
        if any(not trial.problem and None in (trial.difference, trial.speedup) for trial in self.trials):
            raise ValueError("trials: difference or speedup is missing, and no problem is given")
        return self

    def to_json(self) -> str:
        """Return the text of `run.json`: strict JSON, without NaN or infinity."""
        described = self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return json.dumps(described, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _place(trial: Trial) -> tuple[str, str, int]:
    return trial.method, trial.dataset, trial.scale


def describe_run(
    plan: Plan,
    identities: Identities,
    environment: Environment,
    classifiers: Mapping[str, Mapping[str, Any]],
    asked: Mapping[str, Any],
) -> RunDescription:
    """Return the description of a run that begins now; `classifiers` maps names to task, classes and unused labels."""
    request = plan.request
    if all(method.colour == "images" for method in request.methods):
        environment = environment.model_copy(update={"device": "elsewhere"})
    metrics = {one.info.name: described_metric(one, identities.device) for one in request.metrics}
    parts = {
        "schema": SCHEMA_VERSION,
        "status": "unfinished",
        "srbench": srbench_version(),
        "git": git_revision(),
        "started": now(),
        "plan": plan.describe(),
        "asked": dict(asked),
        "refused": plan.refused,
        "protocols": {one.name: {"hash": one.card.hash, "rules": one.card.rules} for one in request.protocols},
        "metrics": metrics,
        **identities.describe(plan),
        "classifiers": {one.name: {**one.describe(), **classifiers[one.name]} for one in request.classifiers},
        "environment": environment,
    }
    return RunDescription.model_validate(parts)


def described_metric(metric: MetricSpec, device_name: str) -> dict[str, Any]:
    """Return a metric's part of `run.json`, for a metric that is computed on a device."""
    fields = {name: value for name, value in asdict(metric.info).items() if name != "name"}
    identity = metric_identity(metric, device_name)
    return {**fields, "identity": identity, "weights": metric.weights, "device": device_name}


def now() -> str:
    """Return the current time in UTC as ISO 8601 text, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
