"""`--precision auto`: whether bfloat16 may stand for float32 on a dataset, found on its first images."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice
from typing import Any

from srbench.api import LrSource
from srbench.datasets import Dataset
from srbench.errors import SRBenchError
from srbench.inference import Inference, Precision
from srbench.inputs import decode, degrade
from srbench.methods import Job, Method, Producer
from srbench.metrics import psnr
from srbench.protocol import Protocol

__all__ = ["IMAGES", "TOLERANCE", "Trial", "try_bf16"]

IMAGES = 3
"""Of a dataset are tried, or all where it has fewer."""

TOLERANCE = 0.005
"""In dB: how far an image's PSNR may be from fp32's."""


@dataclass(frozen=True)
class Trial:
    """What came of it.

    Attributes:
        method: Which.
        dataset: On which.
        scale: At which factor.
        precision: What the records are made in.
        images: How many were tried.
        difference: Largest difference in PSNR, in dB; None where a method failed.
        speedup: Time in fp32 over time in bf16, on the images after the first.
    """

    method: str
    dataset: str
    scale: int
    precision: Precision
    images: int
    difference: float | None
    speedup: float | None

    def describe(self) -> dict[str, Any]:
        """As `run.json` keeps it."""
        return asdict(self)


def try_bf16(
    method: Method, dataset: Dataset, scale: int, protocols: Sequence[Protocol], lr: LrSource, inference: Inference
) -> Trial:
    """Upscale a dataset's first images in both precisions, under every protocol, and compare.

    bf16 is chosen where no image's PSNR moves by more than `TOLERANCE`, and it is the faster of the two: a processor
    without instructions for it is slower. Where a method fails, fp32 is chosen, and fails again in its records.

    Args:
        method: Which.
        dataset: Whose first images.
        scale: Upscaling factor.
        protocols: Under which it will be scored.
        lr: Whether LR is made or read.
        inference: Device and runtime.
    """
    differences: list[float] = []
    seconds = {"fp32": 0.0, "bf16": 0.0}
    tried = 0
    try:
        producers = {
            "fp32": method.open(scale, replace(inference, precision="fp32")),
            "bf16": method.open(scale, replace(inference, precision="bf16")),
        }
        for sample in islice(dataset.samples, IMAGES):
            hr = decode(dataset, sample).image
            tried += 1
            for protocol in protocols:
                low = degrade(hr, sample, scale, protocol.degradation, lr)
                job = Job(sample.id, low.lr, low.reference.shape[1:], scale, grey=len(hr) == 1)
                truth = protocol.compared(low.reference, scale)
                figures = []
                for precision, producer in producers.items():
                    image, taken = _timed(producer, job, again=tried == 1 or inference.runtime != "eager")
                    seconds[precision] += taken
                    figures.append(psnr(protocol.compared(image, scale), truth))
                differences.append(abs(figures[0] - figures[1]) if figures[0] != figures[1] else 0.0)
    except SRBenchError:
        return Trial(method.name, dataset.name, scale, "fp32", tried, None, None)
    worst, speedup = max(differences), seconds["fp32"] / seconds["bf16"]
    chosen: Precision = "bf16" if worst <= TOLERANCE and speedup > 1 else "fp32"
    return Trial(method.name, dataset.name, scale, chosen, tried, worst, speedup)


def _timed(producer: Producer, job: Job, *, again: bool) -> tuple[Any, float]:
    """The result, and how long it took; run twice, where a first call prepares."""
    if again:
        producer([job])
    start = time.perf_counter()
    (produced,) = producer([job])
    image = produced.array  # fetched, so that a GPU has finished
    return image, time.perf_counter() - start
