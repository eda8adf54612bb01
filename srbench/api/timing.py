"""Measured times of a method."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from srbench.api.inference import Inference, Precision, RuntimeName

Size = tuple[int, int]
"""Width and height of an LR image, in pixels."""

DEFAULT_SIZES: tuple[Size, ...] = ((320, 180), (510, 339))
"""Default LR sizes: at scale 4 results have 1280×720 pixels, and 2040×1356, the size of most DIV2K images."""


def default_batches(device: str) -> tuple[int, ...]:
    """Return the batch sizes to measure: 1 and 2 on a CPU, which gains little from batches; 1 to 16 on a GPU."""
    return (1, 2) if device == "cpu" else (1, 2, 4, 8, 16)


@dataclass(frozen=True)
class MethodTiming:
    """Measurements of one method at one scale, LR size and batch.

    Attributes:
        method: Name of the method in tables.
        width: Width of the LR image, in pixels.
        height: Height of the LR image, in pixels.
        batch: Number of images per call.
        seconds: Time of one call, in seconds: median and percentiles.
        settled: Whether successive times became stable, in the warm-up or else in the measured calls.
        load_seconds: Time to read weights and build the network, after all imports, in seconds.
        peak_process: Peak memory of the process with its libraries, in MiB.
        peak_device: Peak memory of torch on the GPU, in MiB; None on a CPU.
        parameters: Number of trainable parameters; None without a network.
        macs: Multiply–add operations per image; None if torch executes no convolution or matrix product.
        identity: Hash of all the time depends on except the machine's clock speed and load; empty outside a run.
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
        """Precision for tables, followed by the runtime's name unless the runtime is `eager`."""
        return Inference(precision=self.precision, runtime=self.runtime).label

    @property
    def steady(self) -> bool:
        """Whether the times settled and their spread is small; if not, tables mark the median with !."""
        return self.settled and self.seconds.steady

    @property
    def images_per_second(self) -> float:
        """Images per second at the median time of a call."""
        return self.batch / self.seconds.median

    @property
    def megapixels_per_second(self) -> float:
        """Millions of output pixels per second at the median time of a call."""
        return self.images_per_second * self.width * self.height * self.scale**2 / 1e6

    def describe(self) -> dict[str, Any]:
        """Return a dict of JSON values."""
        return asdict(self)


LARGEST_SPREAD = 0.20
"""Largest (p95 - p5) / median of steady times; tables mark the median of less steady ones with !."""


@dataclass(frozen=True)
class Summary:
    """Median, 5th and 95th percentile of repeated measurements, in the unit of the measurements.

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
        """(p95 - p5) / median, a pure number."""
        return (self.p95 - self.p5) / self.median

    @property
    def steady(self) -> bool:
        """Whether (p95 - p5) / median is at most `LARGEST_SPREAD`."""
        return self.spread <= LARGEST_SPREAD
