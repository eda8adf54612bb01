"""Cases watched for slowdowns: kernels, methods, the pipeline, start-up."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

__all__ = ["Case", "calibration", "start_up_calibration", "watched_cases"]
Call = Callable[[], object]

# Small enough for a core's private cache, so that other cores do not matter.
_KERNEL_SIZE = (3, 192, 256)
_METHOD_SIZE = (40, 48)


@dataclass(frozen=True)
class Case:
    """A watched call, and the calibration: a reference call, timed in turns with it, whose time divides its time."""

    name: str
    call: Call
    calibration: Call


def calibration() -> Call:
    """Return a reference workload without srbench code: a torch convolution that fits a core's private cache."""
    import torch

    generator = torch.Generator().manual_seed(0)
    image = torch.rand((1, 64, 40, 40), generator=generator)
    weights = torch.rand((64, 64, 3, 3), generator=generator)

    def call() -> None:
        with torch.inference_mode():
            torch.nn.functional.conv2d(image, weights, padding=1)

    return call


def _on_one_core(call: Call) -> Call:
    """Run a call on one thread, so that thread scheduling does not affect its time."""
    import torch

    from srbench.parallel import single_core

    def alone() -> object:
        before = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            with single_core():
                return call()
        finally:
            torch.set_num_threads(before)

    return alone


def start_up_calibration() -> None:
    """Start a Python process that imports numpy."""
    _process("-c", "import numpy")


def watched_cases() -> Iterator[Case]:
    """Yield every case; methods are installed cards whose weights are available, at their largest scale up to ×4."""
    divisor = _on_one_core(calibration())
    for name, call in (*_kernels(), *_methods()):
        yield Case(name, _on_one_core(call), divisor)
    yield Case("pipeline: bicubic on bundled", _pipeline, divisor)
    for words in (("--help",), ("list", "methods")):
        yield Case(f"start-up: srbench {' '.join(words)}", _start_up(*words), start_up_calibration)


def _kernels() -> Iterator[tuple[str, Call]]:
    from srbench.metrics import l1, ms_ssim, psnr, ssim
    from srbench.protocols import imresize, luma, quantise

    generator = np.random.default_rng(0)
    hr = generator.integers(0, 256, _KERNEL_SIZE, dtype=np.uint8)
    sr = np.clip(hr + generator.normal(0, 9, hr.shape), 0, 255).astype(np.uint8)
    small = (hr.shape[1] // 4, hr.shape[2] // 4)
    samples = hr.astype(np.float64)
    yield "kernel: psnr and l1", lambda: (psnr(sr, hr), l1(sr, hr))
    yield "kernel: ssim", lambda: ssim(sr, hr)
    yield "kernel: ms_ssim", lambda: ms_ssim(sr, hr)
    yield "kernel: imresize to a quarter", lambda: imresize(hr, small)
    yield "kernel: luma", lambda: luma(hr)
    yield "kernel: quantise", lambda: quantise(samples)


def _methods() -> Iterator[tuple[str, Call]]:
    import torch

    from srbench.api import Inference
    from srbench.cards import installed_cards
    from srbench.methods import find_method

    for name, entry in installed_cards().methods.items():
        if entry.card.variants:
            continue  # files of others
        scales = (4,) if entry.card.scales == "any" else tuple(scale for scale in entry.card.scales if scale <= 4)
        method = find_method(name, installed_cards())
        ready = [scale for scale in scales if method.ready(scale)]
        if not ready:
            continue
        scale = max(ready)
        planes = 1 if method.colour == "y" else 3
        lr = torch.rand((1, planes, *_METHOD_SIZE), generator=torch.Generator().manual_seed(0))
        upscaler = method.build(scale, Inference())

        def call(upscaler: Callable[[torch.Tensor], object] = upscaler, lr: torch.Tensor = lr) -> object:
            with torch.inference_mode():
                return upscaler(lr)

        yield f"method: {name} ×{scale}", call


def _pipeline() -> object:
    from srbench.harness.run import run

    return run("bicubic", datasets="bundled", scale=4, device="cpu")


def _start_up(*words: str) -> Call:
    return lambda: _process("-m", "srbench", *words)


def _process(*arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)  # noqa: S603  # fixed arguments
