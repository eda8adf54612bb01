"""Third-party code leaves the process as it was, and its errors are one kind of error."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import warnings
from asyncio import CancelledError
from pathlib import Path

import numpy as np
import pytest
import torch

from srbench.errors import ImageError, MethodError, message_of, one_line
from srbench.isolation import exact, isolated, products, set_products


class UnprintableError(Exception):
    def __str__(self):
        raise RuntimeError("no")


class SurrogateError(Exception):
    def __str__(self):
        return "half \ud800 a\ncharacter"


class Own(BaseException):
    pass


class Interrupt(KeyboardInterrupt):
    pass


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValueError("why"), "raised ValueError: why"),
        (SystemExit(3), "raised SystemExit: 3"),
        (GeneratorExit(), "raised GeneratorExit"),
        (StopIteration(), "raised StopIteration"),
        (CancelledError(), "raised CancelledError"),
        (Own("x"), "raised Own: x"),
        (Interrupt(), "raised Interrupt"),
        (UnprintableError(), "raised UnprintableError: an exception whose message cannot be read"),
        (SurrogateError(), "raised SurrogateError: half \\ud800 a character"),
        (MemoryError(), "raised MemoryError"),
    ],
)
def test_whatever_is_raised_becomes_one_error(error, text):
    with pytest.raises(MethodError) as caught, isolated(MethodError, "raised"):
        raise error
    assert str(caught.value) == text
    text.encode()


def test_an_error_of_srbench_and_ctrl_c_pass_through():
    with pytest.raises(ImageError, match="as it is"), isolated(MethodError, "raised"):
        raise ImageError("as it is")
    with pytest.raises(KeyboardInterrupt), isolated(MethodError, "raised"):
        raise KeyboardInterrupt


def test_a_message_is_one_line_of_text_that_can_be_written():
    assert one_line(ValueError("a\n b\t c" + "x" * 500)).startswith("ValueError: a b cxx")
    assert len(one_line(ValueError("x" * 500))) < 220
    assert message_of(ValueError("\udc80é")) == "\\udc80é"


def state():
    return {
        "cwd": Path.cwd(),
        "path": list(sys.path),
        "streams": (sys.stdin, sys.stdout, sys.stderr),
        "numpy": np.geterr(),
        "signals": [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)],
        "dtype": torch.get_default_dtype(),
        "device": torch.get_default_device(),
        "grad": torch.is_grad_enabled(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "threads": torch.get_num_threads(),
        "products": products(torch),
        "benchmark": torch.backends.cudnn.benchmark,
        "subnormal": float(torch.tensor(1e-40, device="cpu") * 2) > 0,
    }


CHANGES = {
    "working directory": lambda: os.chdir("/"),
    "import path": lambda: sys.path.insert(0, "/nowhere"),
    "import path replaced": lambda: sys.path.clear(),
    "standard output": lambda: setattr(sys, "stdout", None),
    "numpy's errors": lambda: np.seterr(all="raise"),
    "Ctrl-C": lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    "SIGTERM": lambda: signal.signal(signal.SIGTERM, lambda *_: None),
    "dtype": lambda: torch.set_default_dtype(torch.float64),
    "device": lambda: torch.set_default_device("meta"),
    "gradients": lambda: torch.set_grad_enabled(False),
    "determinism": lambda: torch.use_deterministic_algorithms(True),
    "threads": lambda: torch.set_num_threads(1),
    "matmul precision": lambda: torch.set_float32_matmul_precision("medium"),
    "matmul TF32": lambda: setattr(torch.backends.cuda.matmul, "allow_tf32", True),
    "cuDNN TF32": lambda: setattr(torch.backends.cudnn, "allow_tf32", False),
    "mkldnn": lambda: setattr(torch.backends.mkldnn.conv, "fp32_precision", "bf16"),
    "benchmark": lambda: setattr(torch.backends.cudnn, "benchmark", True),
    "subnormal numbers": lambda: torch.set_flush_denormal(True),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_process_is_as_before(change):
    torch.set_num_threads(2)
    before = state()
    with isolated(MethodError, "raised"):
        CHANGES[change]()
    assert state() == before


def test_the_process_is_as_before_after_an_error_too():
    before = state()

    def broken():
        for name in ("working directory", "dtype", "threads"):
            CHANGES[name]()
        raise ValueError

    with pytest.raises(MethodError), isolated(MethodError, "raised"):
        broken()
    assert state() == before


def test_exact_undoes_what_the_host_has_chosen_and_restores_it():
    plain = state()
    with isolated(MethodError, "raised"):
        for change in ("dtype", "device", "matmul precision", "mkldnn"):
            CHANGES[change]()
        torch.backends.cudnn.allow_tf32 = True
        host = state()
        with torch.autocast("cpu", torch.bfloat16), exact():
            assert (torch.get_default_dtype(), torch.get_default_device().type) == (torch.float32, "cpu")
            matrices, cudnn, switches = products(torch)
            assert (matrices, cudnn) == ("highest", False)
            assert set(switches) <= {"ieee", "none"}
            assert not torch.backends.cuda.matmul.allow_tf32  # readable by code that knows only this switch
            assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.float32
        assert state() == host
    assert state() == plain


def test_products_can_be_set_by_either_generation_of_switches():
    before = products(torch)
    for matrices in ("medium", "high", "highest"):
        torch.set_float32_matmul_precision(matrices)
        now = products(torch)
        set_products(torch)
        set_products(torch, *now)
        assert products(torch) == now
    set_products(torch, *before)
    assert products(torch)[:2] == before[:2]


def test_a_forked_child_does_not_go_on(tmp_path):
    code = (
        "import os, warnings\nwarnings.simplefilter('ignore')\n"
        "from srbench.isolation import isolated\nfrom srbench.errors import MethodError\n"
        "with isolated(MethodError, 'raised'):\n    child = os.fork()\n"
        f"open({str(tmp_path / 'went_on')!r}, 'a').write(f'{{os.getpid()}}\\n')\n"
        "os.waitpid(child, 0)\n"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        subprocess.run([sys.executable, "-c", code], check=True)
    assert len((tmp_path / "went_on").read_text().splitlines()) == 1
