"""The precision of torch's convolutions and matrix products, around a call."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from srbench.api import Inference, Upscaler


def in_precision(upscaler: Upscaler, inference: Inference) -> Upscaler:
    """The upscaler with its convolutions and matrix products in a precision; samples come back as float32.

    The process's own switches are as they were after each call.
    """
    kind = torch.device(inference.device).type
    match inference.precision:
        case "fp32" if kind == "cpu":
            return upscaler
        case "fp32" | "tf32":

            def switched(lr: Tensor, /) -> Tensor:
                with _tf32(allowed=inference.precision == "tf32"):
                    return upscaler(lr)

            return switched
        case "bf16":

            def halved(lr: Tensor, /) -> Tensor:
                with torch.autocast(kind, torch.bfloat16):
                    return upscaler(lr).float()

            return halved


@contextmanager
def _tf32(*, allowed: bool) -> Iterator[None]:
    """Whether a GPU may round the inputs of float32 products to 10 mantissa bits while the block lasts."""
    cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
    before = cudnn.allow_tf32, matmul.allow_tf32
    cudnn.allow_tf32 = matmul.allow_tf32 = allowed
    try:
        yield
    finally:
        cudnn.allow_tf32, matmul.allow_tf32 = before
