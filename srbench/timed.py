"""`srbench run --timing`: a run's methods timed, in a pass of its own after everything has been scored."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast, get_args

from srbench.environment import device_name
from srbench.fingerprint import combine, library_versions, runtime_version
from srbench.identities import Identities
from srbench.inference import Inference, RuntimeName
from srbench.kernels.compiled import cores
from srbench.methods import BuildableMethod
from srbench.plan import Plan
from srbench.record import Record
from srbench.runner import Conditions
from srbench.timing.conditions import conditions as surroundings
from srbench.timing.conditions import processor_name
from srbench.timing.methods import Size, default_batches

__all__ = ["still_true", "time_methods", "timed_methods"]


def timed_methods(plan: Plan) -> list[tuple[BuildableMethod, int]]:
    """Methods and factors of a plan that upscale anything: images made elsewhere do not."""
    found = {
        (cell.method.name, cell.scale): (cast(BuildableMethod, cell.method), cell.scale)
        for cell in plan.cells
        if cell.method.colour != "images"
    }
    return list(found.values())


def time_methods(
    methods: Sequence[tuple[BuildableMethod, int]],
    sizes: Sequence[Size],
    conditions: Conditions,
    identities: Identities,
    records: Sequence[Record],
    advance: Callable[[int], None],
) -> dict[str, Any]:
    """Time each, in the precision its records were made in.

    A method that failed on every image is left out; its records say why. One that fails at a size is named with the
    reason, and the others are timed.

    Args:
        methods: With their factors.
        sizes: Of LR, in pixels.
        conditions: Of the run.
        identities: Of the run.
        records: Of the run.
        advance: Told of each method.

    Returns:
        What `run.json` keeps: conditions, a list of `MethodTiming.describe`, and why methods were not timed.
    """
    from srbench.timing.measure import time_method  # here, because planning must not import torch

    device = conditions.inference.device
    before = surroundings(device, conditions.inference.runtime)  # later, the load would be that of the timing itself
    items: list[dict[str, Any]] = []
    failed: list[str] = []
    for method, scale in methods:
        found = [record for record in records if (record.key.method, record.key.scale) == (method.name, scale)]
        if any(record.status == "ok" for record in found):
            inference = _as_scored(conditions, found)
            identity = _identity(identities, method.name, scale, device)
            found_here, problems = time_method(method, scale, sizes, default_batches(device), inference)
            items += [{"identity": identity, **timing.describe()} for timing in found_here]
            failed += [f"{method.name} ×{scale}: {problem}" for problem in problems]
        advance(1)
    return {"conditions": before, "items": items, "failed": failed}


def still_true(timings: Mapping[str, Any], identities: Identities, device: str) -> dict[str, Any]:
    """Of what an older `run.json` kept, the timings of methods that are what they were, on the same device."""
    items = [
        item
        for item in timings["items"]
        if (item["method"], item["scale"]) in identities.methods
        and item["identity"] == _identity(identities, item["method"], item["scale"], device)
    ]
    return {"conditions": timings["conditions"], "items": items}


def _identity(identities: Identities, method: str, scale: int, device: str) -> str:
    """Of all that a time depends on and that does not drift: method, libraries, device, processor, cores."""
    return combine(
        method=dict(identities.methods[method, scale]),
        libraries=library_versions() | {name: runtime_version(name) for name in get_args(RuntimeName)},
        place=[device_name(device), processor_name(), cores()],
    )[:16]


def _as_scored(conditions: Conditions, records: Sequence[Record]) -> Inference:
    """Under `auto`, bf16 only where every dataset was scored so."""
    if not conditions.auto:
        return conditions.inference
    everywhere = all(record.precision.startswith("bf16") for record in records if record.status == "ok")
    return replace(conditions.inference, precision="bf16" if everywhere else "fp32")
