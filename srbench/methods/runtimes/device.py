"""The device that methods run on, and the process set up for it."""

import ctypes
import os
import platform
from functools import lru_cache

from srbench.api import Inference, PrecisionChoice, RuntimeName
from srbench.errors import RequestError, RuntimeMissingError
from srbench.parallel import cores


def resolve_device(choice: str) -> str:
    """Turn `auto` into `cuda` if torch has a GPU, else `cpu`.

    Raises:
        RequestError: The name is none of auto, cpu and cuda, or torch finds no GPU for cuda.
    """
    import torch

    if choice not in ("auto", "cpu", "cuda"):
        raise RequestError(f"device {choice!r} is not known; choose auto, cpu or cuda")
    available = torch.cuda.is_available()
    if choice == "cuda" and not available:
        raise RequestError("device cuda was asked for, but torch finds no GPU; use --device cpu or auto")
    return "cuda" if available and choice != "cpu" else "cpu"


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
        from srbench.methods.runtimes.openvino import load_openvino

        load_openvino()
    return Inference(device, "bf16" if precision == "auto" else precision, runtime)


# Of glibc's malloc.h.
_M_TRIM_THRESHOLD = -1
_M_MMAP_MAX = -4
_NEVER = 2**31 - 1
_SPINS = "10000"


@lru_cache(maxsize=1)
def tune() -> None:
    """Set up this process for measuring: one thread per core it may use, and an allocator that keeps freed memory.

    The command line does this; a library call leaves the host process as it is unless it asks for it. Call it before
    torch is imported.

    An idle thread of torch's keeps its core busy for milliseconds in case there is more to do, where decoding and
    scoring could run; a shorter wait costs the networks nothing measurable, and SSIM beside them runs 1.7 times as
    fast. glibc returns a large block to the system as soon as it is freed, and each layer of a network then waits for
    fresh pages: without that, edsr ×4 in float32 runs 1.3 to 1.8 times as fast on two cores, in a third more memory.
    """
    # Read once, when libgomp is loaded; what the user has set stays.
    os.environ.setdefault("GOMP_SPINCOUNT", _SPINS)
    import torch

    torch.set_num_threads(cores())
    if platform.libc_ver()[0] == "glibc":
        malloc = ctypes.CDLL(None)
        malloc.mallopt(_M_MMAP_MAX, 0)
        malloc.mallopt(_M_TRIM_THRESHOLD, _NEVER)
