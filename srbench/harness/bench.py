"""`srbench bench`: methods at sizes, batches and precisions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast, get_args

from srbench.api import (
    DEFAULT_SIZES,
    BuildableMethod,
    Inference,
    MethodTiming,
    PrecisionChoice,
    RuntimeName,
    Size,
    default_batches,
)
from srbench.cards import installed_cards
from srbench.engine import Conditions
from srbench.errors import NotApplicableError, RequestError
from srbench.files import combine, library_versions, runtime_version
from srbench.methods import Weights, find_method, named_files, resolve_device, resolve_inference
from srbench.parallel import cores
from srbench.runs import Identities, Plan, Record, device_name
from srbench.timing import processor_name, time_method
from srbench.timing import surroundings as surroundings

__all__ = ["bench", "still_true", "time_methods", "timed_methods"]

Progress = Callable[[int, int], None]


def bench(
    methods: Sequence[str],
    *,
    scales: Sequence[int] = (4,),
    sizes: Sequence[Size] = DEFAULT_SIZES,
    batches: Sequence[int] | None = None,
    device: str = "auto",
    precisions: Sequence[PrecisionChoice] = ("fp32",),
    runtime: RuntimeName = "eager",
    weights: Weights = None,
    progress: Progress = lambda *_: None,
) -> tuple[list[MethodTiming], list[str]]:
    """Time methods one after the other.

    Args:
        methods: Names of cards, or `./file.py:function`, perhaps with `+wrapper`.
        scales: Factors; one that a method lacks is an error.
        sizes: Width and height of LR, in pixels.
        batches: Images in a call; those of `default_batches` if not said.
        device: `auto`, `cpu` or `cuda`.
        precisions: `fp32`, `tf32`, `bf16`.
        runtime: `eager`, `compile` or `openvino`.
        weights: As `srbench.run` takes them.
        progress: Told of methods done and in all.

    Returns:
        The timings, and why others are missing.

    Raises:
        RequestError: Something asked for is unknown or does not go together.
    """
    if "auto" in precisions:
        raise RequestError("precision auto is chosen on a dataset's images; bench times fp32, tf32 or bf16")
    for asked_for in (methods, scales, sizes, batches or (), precisions):
        if twice := [item for item, count in Counter(asked_for).items() if count > 1]:
            raise RequestError(f"{twice[0]} is asked for twice; name it once")
    chosen = resolve_device(device)
    inferences = [resolve_inference(chosen, precision, runtime) for precision in precisions]
    files = named_files(weights, methods)
    found = [find_method(name, installed_cards(), files) for name in methods]
    work = [(method, scale) for method in found for scale in _having(method, scales)]
    timings: list[MethodTiming] = []
    problems: list[str] = []
    for done, (method, scale) in enumerate(work):
        progress(done, len(work))
        for inference in dict.fromkeys(method.inference(scale, asked) for asked in inferences):
            more, missing = time_method(method, scale, sizes, sorted(batches or default_batches(chosen)), inference)
            timings += more
            problems += [f"{method.name} ×{scale} in {inference.label}: {problem}" for problem in missing]
    progress(len(work), len(work))
    return timings, problems


def _having(method: BuildableMethod, scales: Sequence[int]) -> Iterator[int]:
    for scale in scales:
        if method.scales != "any" and scale not in method.scales:
            raise NotApplicableError(f"{method.name} has no ×{scale}; choose another --scale")
        yield scale


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
    from srbench.timing import time_method  # here, because planning must not import torch

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
