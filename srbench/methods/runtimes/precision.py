"""The precision of torch's convolutions and matrix products, around a call."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from srbench.api import Inference, Upscaler

__all__ = ["in_precision"]


def in_precision(upscaler: Upscaler, inference: Inference) -> Upscaler:
    """The upscaler with its convolutions and matrix products in another precision; samples come back as float32."""
    match inference.precision:
        case "fp32":
            return upscaler
        case "tf32":

            def rounded(lr: Tensor, /) -> Tensor:
                with _tf32():
                    return upscaler(lr)

            return rounded
        case "bf16":
            kind = torch.device(inference.device).type

            def halved(lr: Tensor, /) -> Tensor:
                with torch.autocast(kind, torch.bfloat16):
                    return upscaler(lr).float()

            return halved


@contextmanager
def _tf32() -> Iterator[None]:
    cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
    before = cudnn.allow_tf32, matmul.allow_tf32
    cudnn.allow_tf32 = matmul.allow_tf32 = True
    try:
        yield
    finally:
        cudnn.allow_tf32, matmul.allow_tf32 = before
