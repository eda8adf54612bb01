"""Timing of one method at several image sizes and batch sizes."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from statistics import median

import torch

from srbench.api import BuildableMethod, Inference, MethodTiming, Size, Upscaler
from srbench.errors import MethodError, SRBenchError, message_of
from srbench.isolation import isolated
from srbench.methods import check_result
from srbench.timing.clock import alike, min_warm_up, repeat, timer_for, warm_up
from srbench.timing.cost import multiply_adds, parameters, peak_memory
from srbench.timing.summary import summarise

_WARM_UP_SECONDS = 6.0
_REPEAT_SECONDS = 4.0
_LOADS = 3


def time_method(
    method: BuildableMethod, scale: int, sizes: Sequence[Size], batches: Sequence[int], inference: Inference
) -> tuple[list[MethodTiming], list[str]]:
    """Time a method's calls, with input and output on the device, without decoding, rounding or scoring.

    Args:
        method: The method to time.
        scale: Upscaling factor.
        sizes: Widths and heights of the LR image, in pixels.
        batches: Images per call, ascending: if one size fails, larger ones are not tried.
        inference: Device, precision and runtime.

    Returns:
        A list of timings, one for each size and batch that succeeded, and a list of the others' errors.
    """
    found = method.inference(scale, inference)
    timings: list[MethodTiming] = []
    problems: list[str] = []
    try:
        upscaler, loading = _loaded(method, scale, found)
    except SRBenchError as error:
        return [], [str(error)]
    for width, height in sizes:
        for batch in batches:
            try:
                with _the_methods_fault():
                    timings.append(_timed(method, upscaler, loading, (scale, width, height, batch), found))
            except MethodError as error:
                problems.append(f"{error} at {width}×{height}, batch {batch}")
                if found.device != "cpu":
                    torch.cuda.empty_cache()
                break
    return timings, problems


def _loaded(method: BuildableMethod, scale: int, inference: Inference) -> tuple[Upscaler, float]:
    """The upscaler, and the median seconds to rebuild it: weights fetched, code imported, device initialised."""
    upscaler = method.build(scale, inference)
    seconds: list[float] = []
    for _ in range(_LOADS):
        start = time.perf_counter()
        upscaler = method.build(scale, inference)
        if inference.device != "cpu":
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - start)
    return upscaler, median(seconds)


@contextmanager
def _the_methods_fault() -> Iterator[None]:
    """Turn any error in the block into a MethodError."""
    try:
        with isolated(MethodError, "raised"):
            yield
    except SRBenchError as error:
        raise MethodError(message_of(error)) from error


def _timed(
    method: BuildableMethod,
    upscaler: Upscaler,
    loading: float,
    place: tuple[int, int, int, int],
    inference: Inference,
) -> MethodTiming:
    scale, width, height, batch = place
    timer, planes = timer_for(inference.device), 1 if method.colour == "y" else 3
    noise = torch.rand((1, planes, height, width), generator=torch.Generator().manual_seed(0))
    lr = noise.repeat(batch, 1, 1, 1).to(inference.device)

    def call() -> torch.Tensor:
        with torch.inference_mode():
            return upscaler(lr)

    check_result(call(), (batch, planes, height * scale, width * scale))
    with peak_memory(inference.device) as peak:
        settled = warm_up(call, timer, _WARM_UP_SECONDS, min_warm_up(inference.device))
        taken = repeat(call, timer, _REPEAT_SECONDS)
    # Built after the measurement, so that its memory is not counted.
    eager = upscaler if inference.label == "fp32" else method.build(scale, Inference(inference.device))
    return MethodTiming(
        method=method.name,
        scale=scale,
        width=width,
        height=height,
        batch=batch,
        precision=inference.precision,
        runtime=inference.runtime,
        seconds=summarise(taken),
        settled=settled or alike(taken),
        load_seconds=loading,
        peak_process=peak.process,
        peak_device=peak.device,
        parameters=parameters(eager),
        macs=multiply_adds(eager, lr[:1]),
    )
