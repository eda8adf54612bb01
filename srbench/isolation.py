"""Third-party code run so that it changes nothing for the code that runs after it."""

import os
import signal
import sys
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, cast

from srbench.errors import SRBenchError, one_line

__all__ = ["contained", "exact", "isolated", "products", "set_products"]


@contextmanager
def contained(error: type[SRBenchError], what: str) -> Iterator[None]:
    """Turn whatever the `with` block raises into one error, except an SRBenchError and KeyboardInterrupt.

    For code beside a method in another thread, where the process's state must not be restored: it may be the method's.

    Args:
        error: Raised for other exceptions.
        what: Beginning of the error's message, which the exception follows.
    """
    try:
        yield
    except SRBenchError:
        raise
    except BaseException as problem:  # SystemExit, GeneratorExit and CancelledError end the code, not the run
        if type(problem) is KeyboardInterrupt:  # a class derived from it is the code's own
            raise
        raise error(f"{what} {one_line(problem)}") from problem


@contextmanager
def isolated(error: type[SRBenchError], what: str) -> Iterator[None]:
    """Run third-party code, such as a method, inside the `with` block; only one thread may do so at a time.

    Exceptions become one error, as in `contained`. Afterwards the following are as before: working directory, import
    path, standard streams, signal handlers, hooks, the recursion limit, warnings that were turned into errors, NumPy's
    error handling, and torch's default dtype and device, gradient mode, precision switches, determinism, threads, and
    whether subnormal numbers are 0. A forked child that returns from the code ends here, because it would otherwise run
    the rest of the benchmark a second time.

    Args:
        error: See `contained`.
        what: See `contained`.
    """
    process, before = os.getpid(), _state()
    try:
        with contained(error, what):
            yield
    finally:
        if os.getpid() != process:
            os._exit(1)
        _restore(before)


@contextmanager
def exact() -> Iterator[None]:
    """Compute in float32 as torch does by default, whatever the host process has set, inside the `with` block.

    That is: default dtype float32, default device `cpu`, no autocast, and no rounding of float32 products to TF32 or
    bfloat16.
    """
    import torch  # here, because planning must not import torch

    before = _state()
    torch.set_default_dtype(torch.float32)
    if torch.get_default_device().type != "cpu":
        torch.set_default_device(None)
    set_products(torch)
    try:
        with torch.autocast("cpu", enabled=False), torch.autocast("cuda", enabled=False):
            yield
    finally:
        _restore(before)


def _state() -> dict[str, Any]:
    state: dict[str, Any] = {
        "cwd": _cwd(),
        "path": list(sys.path),
        "streams": (sys.stdin, sys.stdout, sys.stderr),
        "hooks": (sys.excepthook, sys.gettrace(), sys.getprofile(), warnings.showwarning),
        "recursion": sys.getrecursionlimit(),
        "errors": _warnings_as_errors(),
        "numpy": _numpy_errors(),
    }
    if threading.current_thread() is threading.main_thread():
        state["signals"] = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)}
    if (torch := sys.modules.get("torch")) is not None and hasattr(torch, "get_default_dtype"):
        state["torch"] = {
            "dtype": torch.get_default_dtype(),
            "device": torch.get_default_device(),
            "grad": torch.is_grad_enabled(),
            "deterministic": _determinism(torch),
            "mkldnn": torch.backends.mkldnn.enabled,
            "flushed": _flushes(),
            "threads": torch.get_num_threads(),
            "benchmark": torch.backends.cudnn.benchmark,
            "products": products(torch),
        }
    return state


def _restore(before: dict[str, Any]) -> None:
    """Restore what differs from `before`; torch, if it was imported meanwhile, to its defaults."""
    if before["cwd"] is not None and _cwd() != before["cwd"]:
        with suppress(OSError):  # the folder may be gone
            os.chdir(before["cwd"])
    sys.path[:] = before["path"]
    sys.stdin, sys.stdout, sys.stderr = before["streams"]
    _restore_interpreter(before)
    if _numpy_errors() != before["numpy"] != {}:
        sys.modules["numpy"].seterr(**before["numpy"])
    for number, handler in before.get("signals", {}).items():
        if handler is not None and signal.getsignal(number) is not handler:  # None: not set from Python
            signal.signal(number, handler)
    if (torch := sys.modules.get("torch")) is not None and hasattr(torch, "get_default_dtype"):
        _restore_torch(before.get("torch") or _torch_defaults(torch))


def _restore_interpreter(before: dict[str, Any]) -> None:
    sys.excepthook, trace, profile, warnings.showwarning = before["hooks"]
    if sys.gettrace() is not trace:
        sys.settrace(trace)
    if sys.getprofile() is not profile:
        sys.setprofile(profile)
    if sys.getrecursionlimit() != before["recursion"]:
        sys.setrecursionlimit(before["recursion"])
    if len(_warnings_as_errors()) > len(before["errors"]):
        kept = [one for one in warnings.filters if one[0] != "error" or one in before["errors"]]
        warnings.resetwarnings()  # also forgets what was shown, as a change of the list itself does not
        cast(list[Any], warnings.filters).extend(kept)


def _warnings_as_errors() -> list[Any]:
    """Filters by which a warning raises; those that hide one, as many libraries add, do no harm."""
    return [one for one in warnings.filters if one[0] == "error"]


def _determinism(torch: Any) -> tuple[bool, bool]:
    return torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()


def _torch_defaults(torch: Any) -> dict[str, Any]:
    """What torch's settings are when it is imported, for code that imported it and changed them."""
    return {
        "dtype": torch.float32,
        "device": torch.device("cpu"),
        "grad": True,
        "deterministic": (False, False),
        "mkldnn": True,
        "flushed": False,
        "threads": torch.get_num_threads(),
        "benchmark": False,
        "products": ("highest", True, ("none",) * _OF_CPU + ("none",) + ("tf32",) * 2),
    }


def _restore_torch(before: dict[str, Any]) -> None:
    torch: Any = sys.modules["torch"]
    torch.set_default_dtype(before["dtype"])
    if torch.get_default_device() != before["device"]:
        torch.set_default_device(None if before["device"].type == "cpu" else before["device"])
    torch.set_grad_enabled(before["grad"])
    if _determinism(torch) != before["deterministic"]:
        enabled, only_warned = before["deterministic"]
        torch.use_deterministic_algorithms(enabled, warn_only=only_warned)
    torch.backends.mkldnn.enabled = before["mkldnn"]
    if _flushes() != before["flushed"]:
        torch.set_flush_denormal(before["flushed"])
    if torch.get_num_threads() != before["threads"]:
        torch.set_num_threads(before["threads"])
    torch.backends.cudnn.benchmark = before["benchmark"]
    if products(torch) != before["products"]:
        set_products(torch, *before["products"])


Products = tuple[str, bool | None, tuple[str, ...]]
"""Precision of float32 products: of matrices, whether cuDNN may use TF32 (None if the newer switches say so), and the
newer switches."""

_SWITCHES, _OF_CPU = 6, 3


def products(torch: Any) -> Products:
    """Return torch's present precision of float32 products."""
    try:
        cudnn = bool(torch.backends.cudnn.allow_tf32)
    except RuntimeError:  # convolutions and recurrent networks differ
        cudnn = None
    switches = tuple(str(switch.fp32_precision) for switch in _switches(torch))
    return torch.get_float32_matmul_precision(), cudnn, switches


def set_products(
    torch: Any, matrices: str = "highest", cudnn: bool | None = False, switches: Sequence[str] = ("ieee",) * _SWITCHES
) -> None:
    """Set the precision of float32 products; by default exact.

    First by the older functions, so that code which reads those finds no contradiction, then by the newer switches
    where a value still differs.
    """
    if torch.get_float32_matmul_precision() != matrices:
        torch.set_float32_matmul_precision(matrices)
    if cudnn is not None and products(torch)[1] is not cudnn:
        torch.backends.cudnn.allow_tf32 = cudnn
    for switch, wanted in zip(_switches(torch), switches, strict=True):
        # "none" is exact by default; an explicit "ieee" would differ from it only in being explicit.
        if switch.fp32_precision not in ({"ieee", "none"} if wanted == "ieee" else {wanted}):
            switch.fp32_precision = wanted


def _switches(torch: Any) -> tuple[Any, ...]:
    """What holds the `fp32_precision` of each library and operation."""
    backends = torch.backends
    return (
        *(backends.mkldnn.matmul, backends.mkldnn.conv, backends.mkldnn.rnn),
        *(backends.cuda.matmul, backends.cudnn.conv, backends.cudnn.rnn),
    )


_SUBNORMAL = [5e-324]
"""The smallest number; in a list, so that no compiler computes with it beforehand."""


def _flushes() -> bool:
    """Whether this thread takes subnormal numbers for 0, as torch.set_flush_denormal(True) says."""
    return _SUBNORMAL[0] * 1.0 == 0.0


def _numpy_errors() -> dict[str, str]:
    numpy = sys.modules.get("numpy")
    return dict(numpy.geterr()) if numpy is not None and hasattr(numpy, "geterr") else {}


def _cwd() -> str | None:
    try:
        return str(Path.cwd())
    except OSError:  # the working directory was deleted
        return None
