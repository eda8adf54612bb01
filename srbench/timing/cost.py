"""Costs of an upscaler other than time: parameters, multiply–adds, memory."""

import ctypes
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from srbench.api import Upscaler
from srbench.methods import network_of


def multiply_adds(upscaler: Upscaler, batch: Tensor) -> int | None:
    """Count the MACs of all convolutions and matrix products that torch executes for a batch; None if there are none.

    Args:
        upscaler: An upscaler in torch's eager runtime.
        batch: LR images: float32, (N, C, h, w).
    """
    counter = FlopCounterMode(display=False)
    with torch.inference_mode(), counter:
        upscaler(batch)
    return int(counter.get_total_flops()) // 2 or None  # torch counts two operations per MAC


def parameters(upscaler: Upscaler) -> int | None:
    """Count trainable parameters, or all if every layer is frozen, as for inference; None without a network."""
    network = network_of(upscaler)
    if network is None:
        return None
    learned = sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad)
    return learned or sum(parameter.numel() for parameter in network.parameters())


_MEBI = 2**20


@dataclass
class Peak:
    """Peak memory in MiB, filled when the block ends.

    Attributes:
        process: Largest resident memory of the whole process, libraries included.
        device: Largest memory allocated by torch on the GPU; None on a CPU.
    """

    process: float = 0.0
    device: float | None = None


@contextmanager
def peak_memory(device: str) -> Iterator[Peak]:
    """Measure the peak memory of a `with` block; other systems than Linux give the peak since the process began."""
    peak = Peak()
    _give_back()
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")  # see proc(5): resets VmHWM
    if device != "cpu":
        import torch

        torch.cuda.reset_peak_memory_stats()
    yield peak
    peak.process = process_peak()
    if device != "cpu":
        import torch

        peak.device = torch.cuda.max_memory_allocated() / _MEBI


def _give_back() -> None:
    """Return freed memory that the allocator keeps (see `srbench.methods.runtimes.device`) to the system."""
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).malloc_trim(0)


def process_peak() -> float:
    """Return the largest resident memory of this process so far, in MiB.

    Linux's `ru_maxrss` is unsuitable: a new process inherits its parent's.
    """
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / _MEBI
