"""How networks run: device, precision and runtime, a trial of bfloat16, and progress."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal

Precision = Literal["fp32", "tf32", "bf16"]
"""`fp32` is float32 throughout; `tf32` rounds the factors of a GPU's products to 10 mantissa bits; `bf16` computes
convolutions and matrix products in bfloat16, and what takes or gives an image in float32."""

PrecisionChoice = Literal["fp32", "tf32", "bf16", "auto"]
"""`auto` is bf16 where it agrees with fp32 on a dataset's first images and is faster, else fp32."""

RuntimeName = Literal["eager", "compile", "openvino"]


@dataclass(frozen=True)
class Inference:
    """How upscalers are run.

    Attributes:
        device: A torch device.
        precision: Of convolutions and matrix products.
        runtime: What executes a network.
    """

    device: str = "cpu"
    precision: Precision = "fp32"
    runtime: RuntimeName = "eager"

    @property
    def label(self) -> str:
        """As it stands in tables: the precision, and the runtime where it is not torch's eager one."""
        return self.precision if self.runtime == "eager" else f"{self.precision} {self.runtime}"


def named_parts(label: str) -> tuple[str, str]:
    """Precision and runtime of a label; an appended ` (auto)` stays with the precision."""
    name, mark, _ = label.partition(" (auto)")
    precision, _, runtime = name.partition(" ")
    return precision + mark, runtime or ("eager" if precision else "")


@dataclass(frozen=True)
class Trial:
    """What came of it.

    Attributes:
        method: Which.
        dataset: On which.
        scale: At which factor.
        precision: What the records are made in.
        images: How many were compared.
        difference: Largest difference in PSNR, in dB; None where `problem` says why.
        speedup: Time in fp32 over time in bf16 on the first image; None where that is not known.
        problem: Why nothing could be compared; empty where it could.
    """

    method: str
    dataset: str
    scale: int
    precision: Precision
    images: int
    difference: float | None
    speedup: float | None
    problem: str = ""

    def describe(self) -> dict[str, Any]:
        """As `run.json` keeps it."""
        return asdict(self)


Progress = Callable[[int, int], None]
"""Called with records done and records in all."""
