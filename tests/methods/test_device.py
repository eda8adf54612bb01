"""A library call leaves the process as it was; the command line, or `srbench.tune()`, sets it up."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import torch

from srbench.api import Inference
from srbench.methods.runtimes import precision
from srbench.methods.runtimes.precision import in_precision
from srbench.parallel import cores


def process(code):
    environment = {
        name: value for name, value in os.environ.items() if name not in ("GOMP_SPINCOUNT", "OMP_NUM_THREADS")
    }
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


STATE = "print(torch.get_num_threads(), os.environ.get('GOMP_SPINCOUNT'), torch.get_default_dtype())"


def test_a_run_changes_neither_threads_nor_environment():
    code = "import os, torch, srbench; torch.set_num_threads(1); srbench.run(['nearest', 'srcnn'], limit=1);"
    assert process(code + STATE) == ["1", "None", "torch.float32"]


@pytest.mark.parametrize(
    "order", ["srbench.tune(); import torch;", "import torch; torch.set_num_threads(1); srbench.tune();"]
)
def test_tune_does(order):
    threads, spins, _ = process(f"import os, srbench; {order}" + STATE)
    assert int(threads) == cores()
    assert spins == "10000"


@pytest.mark.parametrize(("name", "allowed"), [("fp32", False), ("tf32", True)])
def test_the_switches_of_a_gpus_float32_are_put_back(name, allowed):
    """On a device that is no processor fp32 means float32 whatever the host process has set."""
    switches = torch.backends.cudnn, torch.backends.cuda.matmul
    before = [switch.allow_tf32 for switch in switches]
    seen = []

    def upscale(lr):
        seen.append([switch.allow_tf32 for switch in switches])
        return lr

    try:
        for host in (True, False):
            for switch in switches:
                switch.allow_tf32 = host
            in_precision(upscale, Inference("cuda", name))(torch.zeros(1))
            assert seen.pop() == [allowed, allowed]
            assert [switch.allow_tf32 for switch in switches] == [host, host]
    finally:
        for switch, value in zip(switches, before, strict=True):
            switch.allow_tf32 = value


def test_a_method_that_fails_leaves_the_switches_too():
    before = torch.backends.cudnn.allow_tf32

    def broken(lr):
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011  # its own
        in_precision(broken, Inference("cuda", "tf32"))(torch.zeros(1))
    assert torch.backends.cudnn.allow_tf32 == before
    assert precision.in_precision(broken, Inference("cpu")) is broken
