"""Metrics: functions of a result and its HR, with unit, direction and decimals of their values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, cast

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RESERVED_COLUMNS = frozenset(
    {
        *("method", "dataset", "scale", "protocol", "images", "failed", "missing", "lr", "protocol_hash"),
        *("dataset_sha256", "weights_sha256", "device", "precision", "runtime", "srbench", "rank_group", "mean_rank"),
        *("lr_width", "lr_height", "timed_in", "latency_ms", "latency_low_ms", "latency_high_ms", "latency_p5_ms"),
        *("latency_p95_ms", "steady", "images_per_s", "output_mp_per_s", "batch", "peak_process_mib"),
        *("peak_device_mib", "parameters", "macs", "load_ms", "image", "status", "warnings", "error"),
    }
)
"""Other columns of leaderboards and records."""


def is_column(name: str) -> bool:
    """Whether leaderboards or records have a column of this name, which a metric therefore cannot have."""
    return name in RESERVED_COLUMNS or name.endswith(("_low", "_high"))


class SsimTerms(NamedTuple):
    """Means over the valid region, per plane: float64, (C,).

    Attributes:
        similarity: Mean SSIM.
        contrast: Mean of SSIM's contrast-structure factor, which MS-SSIM needs.
    """

    similarity: NDArray[np.float64]
    contrast: NDArray[np.float64]


class ImagePair(Protocol):
    """A result and its HR, of the same shape, on the CPU or a GPU; statistics are computed once and shared.

    Attributes:
        shape: (C, H, W).
        data_range: Difference between white and black; 255 in a run.
    """

    shape: tuple[int, int, int]
    data_range: float

    def arrays(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """The result and HR: uint8 or float64, (C, H, W)."""
        ...

    @property
    def absolute_error(self) -> float:
        """Mean of |sr - hr| over all samples."""
        ...

    @property
    def squared_error(self) -> float:
        """Mean of (sr - hr)² over all samples."""
        ...

    def ssim_terms(self, level: int) -> SsimTerms:
        """SSIM's means after halving both images `level` times.

        Raises:
            UndefinedMetricError: A side of the halved images is shorter than the window.
        """
        ...

    def laplacian_energies(self) -> tuple[float, float]:
        """Mean square of the four-neighbour Laplacian of sr and of hr, without the border pixels."""
        ...


Formula = Callable[[ImagePair], float]
"""A metric as a function of an image pair. Raises UndefinedMetricError if it has no value."""


@dataclass(frozen=True)
class MetricRequest:
    """What a metric's factory is called with: the torch device for its network, such as `cpu` or `cuda`."""

    device: str


MetricFactory = Callable[[MetricRequest], Formula]
"""Type of a metric card's `factory`."""


@dataclass(frozen=True)
class MetricInfo:
    """How a metric's values are read; stored in `run.json`, so that tables do not need the metric's code.

    Attributes:
        name: Name on the command line and in column heads.
        unit: `dB`, `8-bit levels`, or empty for a pure number.
        higher_is_better: Decides how tables sort.
        decimals: Decimals in printed tables; files keep six.
        summary: One line for `srbench list metrics`.
    """

    name: str
    unit: str
    higher_is_better: bool
    decimals: int
    summary: str = ""

    @property
    def label(self) -> str:
        """The usual spelling, such as `MS-SSIM`."""
        return self.name.upper().replace("_", "-")

    @property
    def short_unit(self) -> str:
        """Suffix of a value in a table: a space and dB, or empty."""
        return " dB" if self.unit == "dB" else ""

    @property
    def sign(self) -> int:
        """1 if a larger value is better, else -1."""
        return 1 if self.higher_is_better else -1


@dataclass(frozen=True)
class Metric(MetricInfo):
    """A metric ready to be computed.

    Attributes:
        function: Function of (sr, hr), both uint8 or float64, (C, H, W), 0…255. May raise UndefinedMetricError.
        formula: Function of an image pair, which shares statistics between metrics; preferred to `function`.
    """

    function: Callable[[NDArray[Any], NDArray[Any]], float] | None = None
    formula: Formula | None = None

    def __post_init__(self) -> None:
        if self.function is None and self.formula is None:
            raise TypeError(f"metric {self.name!r}: give `function`, of two arrays, or `formula`, of an image pair")

    def of(self, pair: ImagePair) -> float:
        """The metric's value.

        Raises:
            UndefinedMetricError: The metric has no value for this pair.
        """
        if self.formula is not None or self.function is None:
            return float(cast(Formula, self.formula)(pair))
        return float(self.function(*pair.arrays()))


class MetricSpec(Protocol):
    """A requested metric, not yet loaded."""

    @property
    def info(self) -> MetricInfo:
        """Name, unit, direction and decimals."""
        ...

    def identity(self) -> str:
        """Hash of everything that determines its values."""
        ...

    def build(self, device: str) -> Metric:
        """Load the metric.

        Raises:
            SRBenchError: The metric's code cannot be loaded.
        """
        ...
