"""Peak memory while something runs: of the process, and of a GPU."""

from __future__ import annotations

import ctypes
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Peak", "peak_memory", "process_peak"]

_MEBI = 2**20


@dataclass
class Peak:
    """Filled when the block ends, in MiB.

    Attributes:
        process: Largest resident memory of the whole process, libraries included.
        device: Largest memory that torch held on the GPU; None on a processor.
    """

    process: float = 0.0
    device: float | None = None


@contextmanager
def peak_memory(device: str) -> Iterator[Peak]:
    """Measure the peak while a block runs.

    On Linux the kernel's own high-water mark is set back first; elsewhere it is the peak since the process began.

    Args:
        device: A torch device.
    """
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
    """Memory that was freed, and that the allocator keeps (see `srbench.tuning`), is not what the block needs."""
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).malloc_trim(0)


def process_peak() -> float:
    """Largest resident memory of this process so far, in MiB.

    Linux's `ru_maxrss` would not do: a process that was just started has its parent's.
    """
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / _MEBI
