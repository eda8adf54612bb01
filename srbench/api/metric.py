"""Metrics: functions of an upscaled image and its HR, with unit, direction and decimals of their values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, cast

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

LooksAt = Literal["scored", "rgb", "lr"]
"""What a metric compares. `scored`: the planes that the protocol scores, inside its border. `rgb`: the 8-bit RGB
images, inside the same border unless the protocol says that perceptual metrics see the whole image. `lr`: the result,
degraded again by the protocol, and the LR it was made from, in the place of HR."""

RESERVED_COLUMNS = frozenset(
    {
        *("method", "dataset", "scale", "protocol", "images", "failed", "missing", "lr", "protocol_hash"),
        *("dataset_sha256", "weights_sha256", "device", "precision", "runtime", "srbench", "rank_group", "mean_rank"),
        *("lr_width", "lr_height", "timed_in", "latency_ms", "latency_low_ms", "latency_high_ms", "latency_p5_ms"),
        *("latency_p95_ms", "steady", "images_per_s", "output_mp_per_s", "batch", "peak_process_mib"),
        *("peak_device_mib", "parameters", "macs", "load_ms", "image", "status", "warnings", "error"),
    }
)
"""Names of the columns of leaderboards and records that are not metrics."""


def is_column(name: str) -> bool:
    """Return whether leaderboards or records have a column called `name`, so that no metric may be called so."""
    return name in RESERVED_COLUMNS or name.endswith(("_low", "_high"))


class SsimTerms(NamedTuple):
    """Means of SSIM and its factor over the positions where the window fits, one per plane: float64, (C,).

    Attributes:
        similarity: Mean SSIM.
        contrast: Mean of SSIM's contrast-structure factor, which MS-SSIM needs.
    """

    similarity: NDArray[np.float64]
    contrast: NDArray[np.float64]


class ImagePair(Protocol):
    """An upscaled image and its HR, of one shape, on one device; each statistic is computed once for all metrics.

    Attributes:
        shape: (C, H, W).
        data_range: Difference between white and black; 255 in a run.
    """

    shape: tuple[int, int, int]
    data_range: float

    def arrays(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return the upscaled image and its HR as NumPy arrays: uint8 or float64, (C, H, W)."""
        ...

    def tensors(self) -> tuple[Tensor, Tensor]:
        """Return the upscaled image and its HR as tensors on the pair's device: uint8 or float64, (C, H, W).

        They are shared with other metrics: do not change them.
        """
        ...

    @property
    def absolute_error(self) -> float:
        """Mean of |sr - hr| over all samples, in 8-bit levels for images in 0…255."""
        ...

    @property
    def squared_error(self) -> float:
        """Mean of (sr - hr)² over all samples, in squared 8-bit levels for images in 0…255."""
        ...

    def ssim_terms(self, level: int) -> SsimTerms:
        """Return the means of SSIM and its contrast factor after halving both images `level` times (0: full size).

        Raises:
            UndefinedMetricError: A side of the halved images is shorter than SSIM's window, 11 pixels.
        """
        ...

    def laplacian_energies(self) -> tuple[float, float]:
        """Return the mean squares of the four-neighbour Laplacians of sr and of hr, border pixels excluded."""
        ...


class Noted(NamedTuple):
    """A metric's value with a remark for the table's notes, such as the shift at which a PSNR was found.

    Attributes:
        value: The value, in the metric's unit.
        remark: Words; empty for none. Images with equal words share a note.
    """

    value: float
    remark: str = ""


Formula = Callable[[ImagePair], float | Noted]
"""Function that returns a metric's value for an image pair; raises UndefinedMetricError if there is none."""


@dataclass(frozen=True)
class MetricRequest:
    """Argument of a metric's factory.

    Attributes:
        device: Torch device for the metric's network, such as `cpu` or `cuda`.
        variant: Text after the colon in `lpips:vgg`; empty for none.
        weights: Path of the verified weight file; None if the card lists none.
    """

    device: str
    variant: str = ""
    weights: Path | None = None


MetricFactory = Callable[[MetricRequest], Formula]
"""Type of a metric card's `factory`: takes a MetricRequest, returns a Formula."""


@dataclass(frozen=True)
class MetricInfo:
    """A metric's name, unit, direction and decimals; stored in `run.json`, so that tables do not need its code.

    Attributes:
        name: Name on the command line and in column heads.
        unit: `dB`, `8-bit levels`, or empty for a pure number.
        higher_is_better: Whether larger values are better and sorted first.
        decimals: Number of decimals in printed tables; files have six.
        summary: One line for `srbench list metrics`.
        looks_at: What the metric compares.
        remark: What a reader of its values has to know, for the table's notes, such as a licence; may be empty.
        perceptual: Whether it is meant to agree with what people see, rather than with the samples of HR.
    """

    name: str
    unit: str
    higher_is_better: bool
    decimals: int
    summary: str = ""
    looks_at: LooksAt = field(default="scored", kw_only=True)
    remark: str = field(default="", kw_only=True)
    perceptual: bool = field(default=False, kw_only=True)

    @property
    def label(self) -> str:
        """Usual spelling of the metric's name, such as `MS-SSIM`."""
        return self.name.upper().replace("_", "-")

    @property
    def short_unit(self) -> str:
        """Suffix of a value in a table: a space and `dB` for a metric in dB, else empty."""
        return " dB" if self.unit == "dB" else ""

    @property
    def sign(self) -> int:
        """1 if a larger value is better, else -1."""
        return 1 if self.higher_is_better else -1

    @property
    def resolution(self) -> float:
        """Half of the last printed digit; two values that differ by less are a tie."""
        return 0.5 * 10.0**-self.decimals


@dataclass(frozen=True)
class Metric(MetricInfo):
    """A loaded metric: name, unit and the function that computes a value.

    Attributes:
        function: Function of (sr, hr), both float64, (C, H, W), 0…255; returns a float, or `Noted`. May raise
            UndefinedMetricError.
        formula: Function of an image pair, whose statistics other metrics share; used instead of `function` if given.
    """

    function: Callable[[NDArray[Any], NDArray[Any]], float | Noted] | None = None
    formula: Formula | None = None

    def __post_init__(self) -> None:
        if self.function is None and self.formula is None:
            raise TypeError(f"metric {self.name!r} is empty: give `function`, of two arrays, or `formula`, of a pair")

    def of(self, pair: ImagePair) -> Noted:
        """Return the metric's value for an image pair, in the metric's unit, perhaps with a remark.

        Raises:
            UndefinedMetricError: The metric has no value for this pair.
        """
        if self.formula is not None or self.function is None:
            found = cast(Formula, self.formula)(pair)
        else:
            found = self.function(*(array.astype(float) for array in pair.arrays()))  # differences of uint8 wrap
        value, remark = found if isinstance(found, Noted) else (found, "")
        return Noted(float(value), " ".join(str(remark).split()).encode(errors="backslashreplace").decode())


class MetricSpec(Protocol):
    """A requested metric, not yet loaded."""

    @property
    def info(self) -> MetricInfo:
        """Name, unit, direction and decimals of the metric."""
        ...

    @property
    def weights(self) -> str:
        """sha256 of the metric's weight file; empty if it has none."""
        ...

    def identity(self) -> str:
        """Return a hash of everything that determines the metric's values, except the device."""
        ...

    def build(self, device: str) -> Metric:
        """Load the metric on a torch device.

        Raises:
            SRBenchError: The metric's code cannot be loaded.
        """
        ...
