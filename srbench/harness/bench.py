"""`srbench bench`: time methods at several sizes, batch sizes and precisions."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast, get_args

from srbench.api import (
    DEFAULT_SIZES,
    BuildableMethod,
    Inference,
    MethodTiming,
    PrecisionChoice,
    Progress,
    RuntimeChoice,
    RuntimeName,
    Size,
    default_batches,
)
from srbench.cards import installed_cards
from srbench.engine import Advance, Settings
from srbench.errors import RequestError, StoreError
from srbench.files import combine, library_versions, runtime_version, write_text
from srbench.harness.arguments.argument import checked
from srbench.harness.arguments.table import (
    BATCHES,
    DEVICE,
    METHODS,
    PRECISIONS,
    PROGRESS,
    RUNTIME,
    SCALES,
    SIZES,
    WEIGHTS,
)
from srbench.harness.options import Methods
from srbench.leaderboard import timings_text
from srbench.methods import Weights, find_methods, named_files, refuse_scale, resolve_device, resolve_inference
from srbench.parallel import cores
from srbench.runs import Identities, Plan, Record, TimingsDescription, device_name

__all__ = ["Benchmark", "bench", "still_valid", "time_methods", "timed_methods", "write_benchmark"]


@dataclass(frozen=True)
class Benchmark:
    """Result of a benchmark.

    Attributes:
        timings: Measured times, in the requested order.
        problems: Reason for each missing timing.
        conditions: Processor, libraries and clocks, recorded before timing.
    """

    timings: tuple[MethodTiming, ...]
    problems: tuple[str, ...]
    conditions: Mapping[str, Any]


@checked(
    methods=METHODS,
    scales=SCALES,
    sizes=SIZES,
    batches=BATCHES,
    device=DEVICE,
    precisions=PRECISIONS,
    runtime=RUNTIME,
    weights=WEIGHTS,
    progress=PROGRESS,
)
def bench(
    methods: Methods,
    *,
    scales: Sequence[int] = (4,),
    sizes: Sequence[Size] = DEFAULT_SIZES,
    batches: Sequence[int] | None = None,
    device: str = "auto",
    precisions: Sequence[PrecisionChoice] = ("fp32",),
    runtime: RuntimeChoice = "eager",
    weights: Weights = None,
    progress: Progress = lambda *_: None,
) -> Benchmark:
    """Time methods one after the other.

    Args:
        methods: As in `srbench.run`.
        scales: Upscaling scales; every method must support all of them.
        sizes: Width and height of LR, in pixels.
        batches: Images per call; `default_batches` of the device by default.
        device: `auto`, `cpu` or `cuda`.
        precisions: `fp32`, `tf32`, `bf16`.
        runtime: `eager`, `compile` or `openvino`.
        weights: Weight files, as in `srbench.run`.
        progress: Called with the number of methods done and the total.

    Raises:
        RequestError: An argument is unknown, or arguments contradict each other.
    """
    from srbench.timing import surroundings, time_method  # here, because planning must not import torch

    if "auto" in precisions:
        raise RequestError("precision auto needs a dataset, which bench has not; choose fp32, tf32 or bf16")
    specs = METHODS.of("methods", methods)
    _check_lists(method=specs, scale=scales, size=sizes, batch=batches, precision=precisions)
    chosen = resolve_device(device)
    conditions = surroundings(chosen, runtime)  # first, because timing itself adds load
    inferences = [resolve_inference(chosen, precision, runtime) for precision in precisions]
    files = named_files(weights, [spec for spec in specs if isinstance(spec, str)])
    found = find_methods(specs, installed_cards(), files)
    work = [(method, scale) for method in found for scale in scales]
    for method, scale in work:
        refuse_scale(method, scale)
    timings: list[MethodTiming] = []
    problems: list[str] = []
    for done, (method, scale) in enumerate(work, start=1):
        for inference in dict.fromkeys(method.inference(scale, asked) for asked in inferences):
            more, missing = time_method(method, scale, sizes, sorted(batches or default_batches(chosen)), inference)
            timings += more
            problems += [f"{method.name} ×{scale} in {inference.label}: {problem}" for problem in missing]
        progress(done, len(work))
    return Benchmark(tuple(timings), tuple(problems), conditions)


def _check_lists(**asked: Sequence[object] | None) -> None:
    """Raise RequestError if a list is empty or names something twice; None is allowed."""
    for what, items in asked.items():
        if items is not None and not items:
            raise RequestError(f"no {what} given; name at least one")
        if twice := [item for item, count in Counter(items or ()).items() if count > 1]:
            raise RequestError(f"{twice[0]} is asked for twice; name it once")


def write_benchmark(path: Path, found: Benchmark) -> None:
    """Write the tables of a benchmark as markdown.

    Raises:
        StoreError: The file cannot be written.
    """
    write_text(path, f"# Speed\n\n{timings_text(found.timings, found.conditions, 'github')}\n", StoreError)


def timed_methods(plan: Plan) -> list[tuple[BuildableMethod, int]]:
    """Return a plan's methods with their scales, without images that were upscaled elsewhere."""
    found = {
        (cell.method.name, cell.scale): (cast(BuildableMethod, cell.method), cell.scale)
        for cell in plan.cells
        if cell.method.colour != "images"
    }
    return list(found.values())


def time_methods(
    methods: Sequence[tuple[BuildableMethod, int]],
    sizes: Sequence[Size],
    settings: Settings,
    identities: Identities,
    records: Sequence[Record],
    advance: Advance,
) -> TimingsDescription:
    """Time a run's methods (with their scales) in the precision of their records; `advance(1)` is called after each.

    A method that failed on every image is skipped. A method that fails at one of the LR sizes, (width, height) in
    pixels, is listed in `failed` with the reason.
    """
    from srbench.timing import surroundings, time_method  # here, because planning must not import torch

    device = settings.inference.device
    before = surroundings(device, settings.inference.runtime)  # first, because timing itself adds load
    items: list[MethodTiming] = []
    failed: list[str] = []
    for method, scale in methods:
        found = [record for record in records if (record.key.method, record.key.scale) == (method.name, scale)]
        if any(record.status == "ok" for record in found):
            inference = _as_scored(settings, found)
            identity = _identity(identities, method.name, scale, device)
            timings, problems = time_method(method, scale, sizes, default_batches(device), inference)
            items += [replace(timing, identity=identity) for timing in timings]
            failed += [f"{method.name} ×{scale}: {problem}" for problem in problems]
        advance(1)
    return TimingsDescription(conditions=before, items=tuple(items), failed=tuple(failed))


def still_valid(timings: TimingsDescription, identities: Identities, device: str) -> TimingsDescription:
    """Return earlier timings without those of methods that have changed since or that ran on another device."""
    items = [
        item
        for item in timings.items
        if (item.method, item.scale) in identities.methods
        and item.identity == _identity(identities, item.method, item.scale, device)
    ]
    return TimingsDescription(conditions=timings.conditions, items=tuple(items))


def _identity(identities: Identities, method: str, scale: int, device: str) -> str:
    """Hash of everything fixed that a time depends on: method, libraries, device, processor, cores."""
    from srbench.timing import processor_name

    return combine(
        method=dict(identities.methods[method, scale]),
        libraries=library_versions() | {name: runtime_version(name) for name in get_args(RuntimeName)},
        place=[device_name(device), processor_name(), cores()],
    )[:16]


def _as_scored(settings: Settings, records: Sequence[Record]) -> Inference:
    """The run's inference settings; under `auto`, bf16 only if every dataset was scored in bf16."""
    if not settings.auto:
        return settings.inference
    everywhere = all(record.precision.startswith("bf16") for record in records if record.status == "ok")
    return replace(settings.inference, precision="bf16" if everywhere else "fp32")
