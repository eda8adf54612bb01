"""`--precision auto`: whether bfloat16 may stand for float32 on a dataset, found on its first images."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from numpy.typing import NDArray

from srbench.api import Dataset, Inference, Job, LrSource, Method, Precision, Producer, Trial
from srbench.engine.inputs import decode, degrade
from srbench.errors import SRBenchError
from srbench.metrics import psnr
from srbench.protocols import Protocol

__all__ = ["FASTER", "IMAGES", "TOLERANCE", "try_bf16"]

IMAGES = 3
"""Of a dataset are tried, or all where it has fewer."""

TOLERANCE = 0.005
"""In dB: how far an image's PSNR may be from fp32's."""

FASTER = 1.1
"""Times as fast as fp32: less might be noise, and the choice would differ from run to run."""


def try_bf16(
    method: Method, dataset: Dataset, scale: int, protocols: Sequence[Protocol], lr: LrSource, inference: Inference
) -> Trial:
    """Upscale a dataset's first images in both precisions, under every protocol, and compare.

    bf16 is chosen where no image's PSNR moves by more than `TOLERANCE`, and it is the faster of the two: a processor
    without instructions for it is slower. Where a method fails, fp32 is chosen, and fails again in its records; images
    that cannot be read are passed over.

    Args:
        method: Which.
        dataset: Whose first images.
        scale: Upscaling factor.
        protocols: Under which it will be scored.
        lr: Whether LR is made or read.
        inference: Device and runtime.
    """
    differences: list[float] = []
    images, speedup = 0, None
    try:
        full, half = (method.open(scale, replace(inference, precision=name)) for name in ("fp32", "bf16"))
        for pairs in islice(_readable(dataset, scale, protocols, lr), IMAGES):
            for protocol, job, truth in pairs:
                if speedup is None:
                    speedup = _speedup(full, half, job)
                exact, rounded = (
                    psnr(protocol.compared(produce([job])[0].array, scale), truth) for produce in (full, half)
                )
                differences.append(0.0 if exact == rounded else abs(exact - rounded))
            images += 1
    except SRBenchError as error:
        return Trial(method.name, dataset.name, scale, "fp32", images, None, None, f"it failed when tried: {error}")
    if not differences or speedup is None:
        return Trial(method.name, dataset.name, scale, "fp32", 0, None, None, "none of the first images can be read")
    worst = max(differences)
    if not math.isfinite(worst):
        problem = "an image that fp32 reproduces exactly is not reproduced in bf16"
        return Trial(method.name, dataset.name, scale, "fp32", images, None, speedup, problem)
    chosen: Precision = "bf16" if worst <= TOLERANCE and speedup >= FASTER else "fp32"
    return Trial(method.name, dataset.name, scale, chosen, images, worst, speedup)


Compared = tuple[Protocol, Job, NDArray[Any]]
"""A protocol, an image's LR under it, and HR as it is compared."""


def _readable(dataset: Dataset, scale: int, protocols: Sequence[Protocol], lr: LrSource) -> Iterator[list[Compared]]:
    """Images that can be decoded, degraded and compared, under every protocol."""
    for sample in dataset.samples:
        try:
            hr = decode(dataset, sample).image
            found: list[Compared] = []
            for protocol in protocols:
                low = degrade(hr, sample, scale, protocol.degradation, lr)
                job = Job(sample.id, low.lr, low.reference.shape[1:], scale, grey=len(hr) == 1)
                found.append((protocol, job, protocol.compared(low.reference, scale)))
        except SRBenchError:
            continue  # it fails in its own records
        yield found


def _speedup(full: Producer, half: Producer, job: Job) -> float:
    """fp32's time over bf16's: each warmed up once, then timed twice in turns, the better counts."""
    for produce in (full, half):
        _seconds(produce, job)
    first, second = (_seconds(full, job), _seconds(half, job)), (_seconds(half, job), _seconds(full, job))
    return min(first[0], second[1]) / min(first[1], second[0])


def _seconds(produce: Producer, job: Job) -> float:
    start = time.perf_counter()
    produce([job])[0].array  # noqa: B018  # fetched, so that a GPU has finished
    return time.perf_counter() - start
