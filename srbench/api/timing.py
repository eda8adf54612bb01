"""Measured times of a method, as values."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from srbench.api.inference import Inference, Precision, RuntimeName

Size = tuple[int, int]
"""Width and height of an LR image, in pixels."""

DEFAULT_SIZES: tuple[Size, ...] = ((320, 180), (510, 339))
"""×4 of them is 1280×720, and the size of most DIV2K images."""


def default_batches(device: str) -> tuple[int, ...]:
    """Images in a call: a processor gains little from batches, a GPU is swept."""
    return (1, 2) if device == "cpu" else (1, 2, 4, 8, 16)


@dataclass(frozen=True)
class MethodTiming:
    """What was measured of one method at one size and batch.

    Attributes:
        method: As it stands in tables.
        scale: Upscaling factor.
        width: Of the LR image, in pixels.
        height: Likewise.
        batch: Images in one call.
        precision: Of convolutions and matrix products.
        runtime: What executed the network.
        seconds: Of a whole call.
        settled: Whether the calls of the warm-up, or those that were measured, came to take alike.
        load_seconds: Reading weights and building the network, with all code imported.
        peak_process: MiB of the whole process, libraries included.
        peak_device: MiB that torch held on the GPU; None on a processor.
        parameters: Learned numbers; None where the method shows no network.
        macs: Multiply–adds of one image; None where torch executes no convolution or product.
        identity: Hash of all that the time depends on and that does not drift, in a run; empty elsewhere.
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
        """Precision and runtime, as tables name them."""
        return Inference(precision=self.precision, runtime=self.runtime).label

    @property
    def steady(self) -> bool:
        """Whether the figure may be printed without a mark."""
        return self.settled and self.seconds.steady

    @property
    def images_per_second(self) -> float:
        """Throughput at the median."""
        return self.batch / self.seconds.median

    @property
    def megapixels_per_second(self) -> float:
        """Output pixels, in millions."""
        return self.images_per_second * self.width * self.height * self.scale**2 / 1e6

    def describe(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)


LARGEST_SPREAD = 0.20
"""Of the median: where 5th and 95th percentile lie further apart, the figure is marked wherever it is printed."""


@dataclass(frozen=True)
class Summary:
    """Of repeated measurements, in their unit.

    Attributes:
        median: The middle one.
        p5: The 5th percentile.
        p95: The 95th percentile.
        low: Lower end of the 95 % bootstrap interval of the median.
        high: Upper end of it.
        count: Measurements.
    """

    median: float
    p5: float
    p95: float
    low: float
    high: float
    count: int

    @property
    def spread(self) -> float:
        """Distance of the percentiles over the median."""
        return (self.p95 - self.p5) / self.median

    @property
    def steady(self) -> bool:
        """Whether the spread is small enough to print the figure without a mark."""
        return self.spread <= LARGEST_SPREAD
