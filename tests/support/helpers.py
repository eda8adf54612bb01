"""What several test modules build: plans from names, metrics by name, descriptions of made-up runs."""

from __future__ import annotations

import numpy as np

from srbench.api import Metric
from srbench.cards import installed_cards
from srbench.harness.options import RunOptions, completed, resolve
from srbench.metrics import find_metrics
from srbench.metrics.pair.arrays import ArrayPair
from srbench.runs import Plan, Run, RunDescription, current_records, make_plan


def plan_of(methods, **options) -> Plan:
    """The plan of what `srbench.run` would run."""
    return make_plan(resolve(methods, completed(options, RunOptions), installed_cards()))


METRICS: dict[str, Metric] = {
    spec.info.name: spec.build("cpu")
    for spec in find_metrics(
        [name for name, entry in installed_cards().metrics.items() if not entry.card.weights], installed_cards()
    )
}
"""Every installed metric without weights, by name."""


def value_of(metric: Metric, sr, hr) -> float:
    """A metric of two arrays in 0…255."""
    return metric.of(ArrayPair(sr, hr, 255.0))


_UNITS = {"psnr": ("dB", True, 3), "ssim": ("", True, 4), "ms_ssim": ("", True, 4), "l1": ("8-bit levels", False, 3)}


def description_of(methods=("a", "b"), protocols=("p",), metrics=("psnr", "l1"), refused=(), weights=None, **more):
    """A run of methods on images x and y of a dataset d at ×4."""
    parts = {
        "schema": 4,
        "srbench": "1",
        "git": None,
        "status": "complete",
        "started": "2026-01-01T00:00:00+00:00",
        "plan": {
            "methods": [*methods],
            "datasets": ["d"],
            "places": {},
            "scales": [4],
            "protocols": [*protocols],
            "metrics": [*metrics],
            "lr": "made",
            "precision": "fp32",
            "runtime": "eager",
        },
        "refused": [*refused],
        "protocols": {
            name: {"hash": f"hash-{name}", "rules": {"degradation": {}, "grey": "rgb"}} for name in protocols
        },
        "metrics": {
            name: dict(zip(("unit", "higher_is_better", "decimals"), _UNITS[name], strict=True)) for name in metrics
        },
        "methods": {name: {"4": {"weights": weights}} if weights else {} for name in methods},
        "bases": {m: {"4": dict.fromkeys(protocols, "f")} for m in methods},
        "datasets": {"d": {"sha256": "s", "images": ["x", "y"], "files": {"4": {"x": "x", "y": "y"}}}},
        "environment": {"device": "cpu", "threads": 1, "python": "3", "system": "Linux", "libraries": {}},
    }
    return RunDescription.model_validate(parts | more)


def run_with(description: RunDescription, records, label="") -> Run:
    """A run of these records, of which only the current ones count."""
    return Run(label, description, current_records(description, list(records)))


BLOCK = np.random.default_rng(0).random(40_000)


def work(times):
    """So many passes over a block that stays in the cache: 10 is the work, 13 is 30 % more of it."""

    def call():
        for _ in range(times):
            np.sqrt(BLOCK, out=np.empty_like(BLOCK))

    return call
