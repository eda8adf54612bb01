"""`srbench bench`: methods at sizes, batches and precisions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from srbench.environment import resolve_device, resolve_inference
from srbench.errors import NotApplicableError, RequestError
from srbench.harness import Weights, named_files
from srbench.inference import PrecisionChoice, RuntimeName
from srbench.methods import BuildableMethod, find_method
from srbench.registry import registry
from srbench.timing.measure import time_method
from srbench.timing.methods import DEFAULT_SIZES, MethodTiming, Size, default_batches

__all__ = ["bench"]

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
    found = [find_method(name, registry(), files) for name in methods]
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
