"""Choice of device, precision and runtime, and process settings for measuring."""

import ctypes
import os
import platform
import sys
from functools import lru_cache

from srbench.api import Inference, PrecisionChoice, RuntimeChoice
from srbench.errors import RequestError, RuntimeMissingError
from srbench.parallel import cores


def resolve_device(choice: str) -> str:
    """Turn `auto` into `cuda` if torch has a GPU, else `cpu`.

    Raises:
        RequestError: The name is not auto, cpu or cuda, or torch finds no GPU for cuda.
    """
    import torch

    if choice not in ("auto", "cpu", "cuda"):
        raise RequestError(f"device {choice!r} is not known; choose auto, cpu or cuda")
    available = torch.cuda.is_available()
    if choice == "cuda" and not available:
        raise RequestError("device cuda was asked for, but torch finds no GPU; use --device cpu or auto")
    return "cuda" if available and choice != "cpu" else "cpu"


def resolve_inference(device: str, precision: PrecisionChoice, runtime: RuntimeChoice) -> Inference:
    """Check the requested precision and runtime; `auto` becomes bf16, still to be tried.

    Raises:
        RuntimeMissingError: The runtime is not installed, or does not support this device or precision.
    """
    if precision == "tf32" and device == "cpu":
        raise RuntimeMissingError("precision tf32 needs a GPU; on this device choose fp32, bf16 or auto")
    if runtime == "openvino":
        if device != "cpu":
            raise RuntimeMissingError("runtime openvino runs only on the CPU; add --device cpu")
        if precision == "tf32":
            raise RuntimeMissingError("runtime openvino has no tf32; choose fp32, bf16 or auto")
        from srbench.methods.runtimes.openvino import load_openvino

        load_openvino()
    return Inference(device, "bf16" if precision == "auto" else precision, runtime)


# From glibc's malloc.h.
_M_TRIM_THRESHOLD = -1
_M_MMAP_MAX = -4
_NEVER = 2**31 - 1
_SPINS = "10000"


@lru_cache(maxsize=1)
def tune() -> None:
    """Set up this process for measuring: one thread per available core, and an allocator that keeps freed memory.

    Only the command line does this by default, since it affects the whole process. Call it before importing torch.

    Idle torch threads spin for milliseconds and block decoding and scoring: a shorter wait costs networks nothing
    measurable, and SSIM beside them runs 1.7 times as fast. glibc returns large freed blocks to the system, so that
    each layer waits for fresh pages: without that, edsr ×4 in float32 runs 1.3 to 1.8 times as fast on two cores, in
    a third more memory.
    """
    # Read once, when libgomp is loaded; a value set by the user stays.
    os.environ.setdefault("GOMP_SPINCOUNT", _SPINS)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(cores())
    else:  # torch reads it when it is imported, for which a wrong request need not wait
        os.environ.setdefault("OMP_NUM_THREADS", str(cores()))
    if platform.libc_ver()[0] == "glibc":
        malloc = ctypes.CDLL(None)
        malloc.mallopt(_M_MMAP_MAX, 0)
        malloc.mallopt(_M_TRIM_THRESHOLD, _NEVER)
