"""Measuring one method at several sizes and batches."""

from __future__ import annotations

import time
from collections.abc import Sequence

import torch

from srbench.errors import MethodError, one_line
from srbench.inference import Inference
from srbench.methods import BuildableMethod
from srbench.timing.clock import repeat, timer_for, warm_up
from srbench.timing.counting import multiply_adds, parameters
from srbench.timing.memory import peak_memory
from srbench.timing.methods import MethodTiming, Size
from srbench.timing.summary import summarise
from srbench.upscaling import check_result

__all__ = ["time_method"]

_WARM_UP_SECONDS = 4.0
_REPEAT_SECONDS = 4.0


def time_method(
    method: BuildableMethod, scale: int, sizes: Sequence[Size], batches: Sequence[int], inference: Inference
) -> list[MethodTiming]:
    """Time a method's calls: a batch on the device to a batch on the device, without decoding, rounding or scoring.

    Args:
        method: Which.
        scale: Upscaling factor.
        sizes: Of the LR image.
        batches: Images in a call.
        inference: Device, precision and runtime.

    Returns:
        One for each size and batch.

    Raises:
        SRBenchError: The method cannot be built, raised, or returned what no upscaler should.
    """
    found = method.inference(scale, inference)
    start = time.perf_counter()
    upscaler = method.build(scale, found)
    loading = time.perf_counter() - start
    eager = upscaler if found.label == "fp32" else method.build(scale, Inference(found.device))
    timer, planes = timer_for(found.device), 1 if method.colour == "y" else 3
    timings: list[MethodTiming] = []
    for width, height in sizes:
        single = torch.rand((1, planes, height, width), generator=torch.Generator().manual_seed(0)).to(found.device)
        for batch in batches:
            lr = single.repeat(batch, 1, 1, 1)

            def call(lr: torch.Tensor = lr) -> torch.Tensor:
                with torch.inference_mode():
                    return upscaler(lr)

            try:
                check_result(call(), (batch, planes, height * scale, width * scale))
                with peak_memory(found.device) as peak:
                    warm_up(call, timer, _WARM_UP_SECONDS)
                    seconds = summarise(repeat(call, timer, _REPEAT_SECONDS))
                macs = multiply_adds(eager, single)
            except MethodError:
                raise
            except (Exception, SystemExit) as error:  # a method is anyone's code
                raise MethodError(f"raised {one_line(error)} at {width}×{height}, batch {batch}") from error
            timings.append(
                MethodTiming(
                    method=method.name,
                    scale=scale,
                    width=width,
                    height=height,
                    batch=batch,
                    precision=found.label,
                    seconds=seconds,
                    load_seconds=loading,
                    peak_process=peak.process,
                    peak_device=peak.device,
                    parameters=parameters(eager),
                    macs=macs,
                )
            )
    return timings
