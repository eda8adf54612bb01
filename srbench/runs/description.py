"""What `run.json` holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from srbench.api import Trial
from srbench.runs.identities import Identities
from srbench.runs.plan import Plan
from srbench.runs.provenance import environment, git_revision, srbench_version

__all__ = ["RUN_PARTS", "SCHEMA_VERSION", "Described", "added_cost", "cells", "describe_run", "now", "other_trials"]

SCHEMA_VERSION = 1

RUN_PARTS = ("srbench", "started", "plan", "refused", "protocols", "methods", "bases", "datasets", "environment")

Described = Mapping[str, Any]
"""What `run.json` holds."""


def cells(run: Described) -> Iterator[tuple[Any, ...]]:
    """Method, dataset, scale, protocol and LR of each cell, in the plan's order."""
    plan = run["plan"]
    refused = {(item["method"], item["scale"], item["protocol"]) for item in run["refused"]}
    for dataset in plan["datasets"]:
        for scale in plan["scales"]:
            for protocol in plan["protocols"]:
                for method in plan["methods"]:
                    if (method, scale, protocol) not in refused:
                        yield (method, dataset, scale, protocol, plan["lr"])


def added_cost(before: Mapping[str, Any], now: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """What classifiers took before and now, together."""
    return {
        name: {what: value + before.get(name, {}).get(what, 0) for what, value in cost.items()}
        for name, cost in now.items()
    }


def other_trials(description: Mapping[str, Any], trial: Trial) -> list[dict[str, Any]]:
    """Those of other methods, datasets or factors."""
    key = trial.method, trial.dataset, trial.scale
    return [old for old in description.get("trials", ()) if (old["method"], old["dataset"], old["scale"]) != key]


def describe_run(plan: Plan, identities: Identities, device: str) -> dict[str, Any]:
    request = plan.request
    where = environment(device)
    if all(method.colour == "images" for method in request.methods):
        where |= {"device": "elsewhere"}
    return {
        "srbench": srbench_version(),
        "git": git_revision(),
        "started": now(),
        "plan": plan.describe(),
        "refused": [vars(refusal) for refusal in plan.refused],
        "protocols": {p.name: {"hash": p.card.hash, "rules": p.card.rules} for p in request.protocols},
        **identities.describe(plan),
        **({"classifiers": {one.name: one.describe() for one in request.classifiers}} if request.classifiers else {}),
        "environment": where,
    }


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
