"""How networks run: device, precision and runtime; the comparison of bfloat16 with float32; progress."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal

Precision = Literal["fp32", "tf32", "bf16"]
"""`fp32`: float32 throughout. `tf32`: a GPU rounds the factors of products to 10 mantissa bits. `bf16`: convolutions
and matrix products in bfloat16, except in layers that read or write an image, which stay in float32."""

PrecisionChoice = Literal["fp32", "tf32", "bf16", "auto"]
"""A requested precision; `auto` takes bf16 if it is faster than fp32 and agrees on the first images, else fp32."""

RuntimeChoice = Literal["eager", "compile", "openvino"]
"""A requested runtime: torch as it is, torch.compile, or OpenVINO."""

RuntimeName = Literal["eager", "compile", "openvino", "onnxruntime"]
"""A runtime; `onnxruntime` is that of methods that are ONNX files."""


@dataclass(frozen=True)
class Inference:
    """Device, precision and runtime of an upscaler.

    Attributes:
        device: Name of a torch device, such as `cpu` or `cuda`.
        precision: Precision of convolutions and matrix products.
        runtime: Library that executes a network.
    """

    device: str = "cpu"
    precision: Precision = "fp32"
    runtime: RuntimeName = "eager"

    @property
    def label(self) -> str:
        """Precision for tables, followed by the runtime's name unless the runtime is `eager`."""
        return self.precision if self.runtime == "eager" else f"{self.precision} {self.runtime}"


def named_parts(label: str) -> tuple[str, str]:
    """Split a label such as `bf16 openvino` into precision and runtime; ` (auto)` at the end goes to the precision."""
    name, mark, _ = label.partition(" (auto)")
    precision, _, runtime = name.partition(" ")
    return precision + mark, runtime or ("eager" if precision else "")


@dataclass(frozen=True)
class Trial:
    """Result of comparing bf16 with fp32 for one method, dataset and scale.

    Attributes:
        precision: Precision chosen for the run.
        images: Number of images compared.
        difference: Largest difference in PSNR, in dB; None if there is a `problem`.
        speedup: Time in fp32 divided by time in bf16 on the first image; None if unknown.
        problem: Why the comparison failed; empty if it succeeded.
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
        """Return a dict of JSON values for `run.json`."""
        return asdict(self)


Progress = Callable[[int, int], None]
"""Callback with two arguments: number of items done, and total number of items."""
