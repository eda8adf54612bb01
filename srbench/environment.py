"""Where a run took place: device, libraries, revision. What a reader needs to trust or repeat a number."""

from __future__ import annotations

import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

from srbench.errors import RequestError, RuntimeMissingError
from srbench.fingerprint import library_versions
from srbench.inference import Inference, PrecisionChoice, RuntimeName
from srbench.tuning import tune

__all__ = ["device_name", "environment", "git_revision", "resolve_device", "resolve_inference", "srbench_version"]


def resolve_device(choice: str) -> str:
    """Turn `auto` into `cuda` where torch has a GPU, else `cpu`, and set float32 to mean float32.

    Raises:
        RequestError: A GPU was asked for and torch has none, or the name is another.
    """
    tune()
    import torch

    if choice not in ("auto", "cpu", "cuda"):
        raise RequestError(f"device {choice!r} is not known; choose auto, cpu or cuda")
    available = torch.cuda.is_available()
    if choice == "cuda" and not available:
        raise RequestError("device cuda was asked for, but torch finds no GPU; use --device cpu or auto")
    if choice == "cpu" or not available:
        return "cpu"
    # cuDNN would otherwise round the inputs of float32 convolutions to 10 mantissa bits.
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False
    return "cuda"


def resolve_inference(device: str, precision: PrecisionChoice, runtime: RuntimeName) -> Inference:
    """How networks will be run, once it is known that they can be; `auto` gives bf16, which is to be tried.

    Raises:
        RuntimeMissingError: The runtime is not installed, or not for this device or precision.
    """
    if precision == "tf32" and device == "cpu":
        raise RuntimeMissingError("precision tf32 is a GPU's; on this device choose fp32, bf16 or auto")
    if runtime == "openvino":
        if device != "cpu":
            raise RuntimeMissingError("runtime openvino runs on the CPU here; add --device cpu")
        if precision == "tf32":
            raise RuntimeMissingError("runtime openvino has no tf32; choose fp32, bf16 or auto")
        from srbench.runtimes.openvino import load_openvino

        load_openvino()
    return Inference(device, "bf16" if precision == "auto" else precision, runtime)


def device_name(device: str) -> str:
    """`cpu` with its architecture, or the GPU's product name."""
    import torch

    return str(torch.cuda.get_device_name(device)) if device == "cuda" else f"cpu {platform.machine()}"


def environment(device: str) -> dict[str, Any]:
    """Versions and conditions as plain values; no host names, users or paths."""
    import torch

    return {
        "device": device_name(device),
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "system": platform.system(),
        "libraries": library_versions(),
    }


def git_revision() -> str | None:
    """Commit of the checkout srbench runs from, `+` appended where it has changes; None outside a checkout."""
    here = Path(__file__).resolve().parent.parent
    if not (here / ".git").exists():
        return None
    try:
        commit = _git(here, "rev-parse", "HEAD")
        return commit + ("+" if _git(here, "status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.SubprocessError):
        return None


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()  # noqa: S603  # our own words


def srbench_version() -> str:
    """The installed version."""
    return version("srbench")
