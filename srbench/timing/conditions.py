"""Conditions that a reader needs to trust a time: processor, GPU, clocks, driver, threads, precision switches."""

import os
import platform
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

from srbench.api import RuntimeName
from srbench.files import runtime_version
from srbench.parallel import cores

_GPU_FIELDS = "driver_version,clocks.sm,clocks.mem,clocks.max.sm,power.limit,persistence_mode"


def surroundings(device: str, runtime: RuntimeName = "eager") -> dict[str, Any]:
    """Return processor, GPU, clocks, load and library versions as a mapping, without host or user names."""
    import torch

    found: dict[str, Any] = {
        "processor": processor_name(),
        "cores": cores(),
        "threads": torch.get_num_threads(),
        "clock_mhz": _clock_mhz(),
        "governor": _first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "torch": torch.__version__,
        "mkldnn": torch.backends.mkldnn.is_available(),  # type: ignore[no-untyped-call]
    }
    if own := runtime_version(runtime):
        found[runtime] = own
    if device != "cpu":
        found |= {
            "gpu": torch.cuda.get_device_name(device),
            "cuda": torch.version.cuda,
            "cudnn": torch.backends.cudnn.version(),  # type: ignore[no-untyped-call]
            "cudnn_benchmark": torch.backends.cudnn.benchmark,
            **_gpu_state(),
        }
    return found


def processor_name() -> str:
    """Return the processor's name as reported by the system."""
    with suppress(OSError):
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
        for field in ("model name", "Hardware"):
            for line in text.splitlines():
                if line.startswith(field):
                    return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _clock_mhz() -> float | None:
    with suppress(OSError, ValueError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("cpu MHz"):
                return round(float(line.partition(":")[2]))
    return None


def _first_line(path: str) -> str | None:
    with suppress(OSError):
        return Path(path).read_text(encoding="utf-8").strip()
    return None


def _gpu_state() -> dict[str, str]:
    """Driver and clocks; empty without nvidia-smi."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")[0] or "0"  # torch's device 0
    command = ["nvidia-smi", f"--id={visible}", f"--query-gpu={_GPU_FIELDS}", "--format=csv,noheader"]
    with suppress(OSError, subprocess.SubprocessError, IndexError):
        answer = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout  # noqa: S603  # fixed arguments
        values = [value.strip() for value in answer.splitlines()[0].split(",")]
        return dict(zip(_GPU_FIELDS.split(","), values, strict=True))
    return {}
