"""Measured times of a method."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from srbench.api.inference import Inference, Precision, RuntimeName

Size = tuple[int, int]
"""Width and height of an LR image, in pixels."""

DEFAULT_SIZES: tuple[Size, ...] = ((320, 180), (510, 339))
"""At scale 4 they give 1280×720 and the size of most DIV2K images, 2040×1356."""


def default_batches(device: str) -> tuple[int, ...]:
    """Batch sizes to measure: few on a CPU, which gains little from batches; a sweep on a GPU."""
    return (1, 2) if device == "cpu" else (1, 2, 4, 8, 16)


@dataclass(frozen=True)
class MethodTiming:
    """Measurements of one method at one scale, LR size and batch.

    Attributes:
        method: Name in tables.
        width: Width of the LR image, in pixels.
        height: Height of the LR image, in pixels.
        batch: Images per call.
        seconds: Time of one call.
        settled: Whether the times of the warm-up, or of the measured calls, became stable.
        load_seconds: Time to read weights and build the network, after all imports.
        peak_process: Peak memory of the process with its libraries, in MiB.
        peak_device: Peak memory of torch on the GPU, in MiB; None on a CPU.
        parameters: Trainable parameters; None without a network.
        macs: Multiply–adds of one image; None if torch executes no convolution or product.
        identity: Hash of everything the time depends on except drift, set in a run; empty elsewhere.
    """

    method: str
    scale: int
    width: int
    height: int
    batch: int
    precision: Precision
    runtime: RuntimeName
    seconds: Summary
    settled: bool
    load_seconds: float
    peak_process: float
    peak_device: float | None
    parameters: int | None
    macs: int | None
    identity: str = ""

    @property
    def label(self) -> str:
        """Precision and runtime in tables."""
        return Inference(precision=self.precision, runtime=self.runtime).label

    @property
    def steady(self) -> bool:
        """Whether the median can be printed without a mark."""
        return self.settled and self.seconds.steady

    @property
    def images_per_second(self) -> float:
        """Throughput at the median."""
        return self.batch / self.seconds.median

    @property
    def megapixels_per_second(self) -> float:
        """Output pixels per second, in millions."""
        return self.images_per_second * self.width * self.height * self.scale**2 / 1e6

    def describe(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


LARGEST_SPREAD = 0.20
"""Largest spread of the 5th and 95th percentiles over the median; a median with a larger one is marked in print."""


@dataclass(frozen=True)
class Summary:
    """Median, 5th and 95th percentile of repeated measurements, in their unit.

    Attributes:
        low: Lower end of the 95 % bootstrap interval of the median.
        high: Upper end of the same interval.
        count: Number of measurements.
    """

    median: float
    p5: float
    p95: float
    low: float
    high: float
    count: int

    @property
    def spread(self) -> float:
        """Difference of the percentiles over the median."""
        return (self.p95 - self.p5) / self.median

    @property
    def steady(self) -> bool:
        """Whether the spread is at most `LARGEST_SPREAD`."""
        return self.spread <= LARGEST_SPREAD
