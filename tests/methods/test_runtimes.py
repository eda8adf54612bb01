"""The same network under other precisions and runtimes, and what is said where one is not to be had."""

from __future__ import annotations

import builtins
import shutil

import numpy as np
import pytest
import torch

import srbench
from srbench.api import Inference, named_parts
from srbench.cards import installed_cards
from srbench.errors import MethodError, RequestError, RuntimeMissingError
from srbench.methods import find_method, network_of, resolve_inference
from srbench.methods.runtimes.attach import attach


@pytest.fixture(scope="module")
def lr():
    return torch.rand((1, 3, 24, 33), generator=torch.Generator().manual_seed(3))


def result(name, lr, inference=Inference()):  # noqa: B008  # frozen
    method = find_method(name, installed_cards())
    planes = lr[:, :1] if method.colour == "y" else lr
    with torch.inference_mode():
        return method.build(4, inference)(planes)


@pytest.mark.parametrize("name", ["edsr", "srcnn", "enhancenet", "srgan"])
def test_openvino_computes_what_torch_computes(name, lr):
    pytest.importorskip("openvino")
    there = result(name, lr, Inference(runtime="openvino"))
    assert there.dtype == torch.float32
    assert torch.allclose(there, result(name, lr), atol=2e-4)


@pytest.mark.slow
def test_openvino_takes_each_size_as_it_comes_and_keeps_the_last(lr, monkeypatch):
    pytest.importorskip("openvino")
    monkeypatch.setattr("srbench.methods.runtimes.openvino._KEPT", 1)
    upscale = find_method("edsr", installed_cards()).build(4, Inference(runtime="openvino"))
    eager = find_method("edsr", installed_cards()).build(4, Inference())
    with torch.inference_mode():
        for side in (12, 16, 12):
            part = lr[:, :, :side, :side]
            assert torch.allclose(upscale(part), eager(part), atol=2e-4)


@pytest.mark.parametrize("runtime", ["eager", "openvino"])
def test_bf16_is_near_fp32_and_not_equal_to_it(lr, runtime):
    if runtime == "openvino":
        pytest.importorskip("openvino")
    half, full = result("edsr", lr, Inference("cpu", "bf16", runtime)), result("edsr", lr)
    assert half.dtype == torch.float32
    assert torch.allclose(half, full, atol=0.03)
    if runtime == "eager":  # whether OpenVINO rounds is the processor's affair
        assert not torch.equal(half, full)


def test_what_learns_nothing_runs_in_fp32(lr):
    asked = Inference("cpu", "bf16", "openvino")
    method = find_method("bicubic", installed_cards())
    assert method.inference(4, asked) == Inference("cpu")
    assert torch.equal(result("bicubic", lr, asked), result("bicubic", lr))
    assert find_method("edsr+ensemble", installed_cards()).inference(4, asked) == asked


def test_a_function_of_the_users_runs_in_fp32_with_torch_unless_it_shows_a_network():
    asked = Inference("cpu", "bf16", "openvino")
    bare = find_method(lambda lr: lr, installed_cards())
    assert bare.inference(2, asked) == Inference("cpu")
    network = torch.nn.Upsample(scale_factor=2)
    assert find_method(network.eval(), installed_cards()).inference(2, asked) == asked
    built = find_method(network.eval(), installed_cards()).build(2, Inference())
    assert network_of(built) is network


def test_a_runtime_that_has_nothing_to_take_over(lr):
    with pytest.raises(MethodError, match="no attribute `network`"):
        attach(lambda lr: lr, Inference(runtime="compile"))


def test_a_missing_runtime_says_how_to_get_it(monkeypatch):
    real = builtins.__import__

    def no_openvino(name, *rest, **more):
        if name == "openvino":
            raise RuntimeError("libopenvino.so: wrong ELF class")
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", no_openvino)
    with pytest.raises(RuntimeMissingError, match=r"wrong ELF class.*pip install 'srbench\[openvino\]'"):
        resolve_inference("cpu", "fp32", "openvino")


@pytest.mark.parametrize(
    ("device", "precision", "runtime", "message"),
    [
        ("cpu", "tf32", "eager", "needs a GPU"),
        ("cuda", "fp32", "openvino", "on the CPU"),
        ("cpu", "tf32", "openvino", "needs a GPU"),
    ],
)
def test_what_does_not_go_together(device, precision, runtime, message):
    with pytest.raises(RuntimeMissingError, match=message):
        resolve_inference(device, precision, runtime)


def test_unknown_words_are_refused():
    with pytest.raises(RequestError, match="precision='fp8'"):
        srbench.run("bicubic", precision="fp8")
    with pytest.raises(RequestError, match="runtime='onnx'"):
        srbench.run("bicubic", runtime="onnx")


def test_a_row_says_precision_and_runtime(photos):
    result = srbench.run(["bicubic", "edsr"], datasets=str(photos), precision="bf16", metrics="psnr")
    rows = result.leaderboard.set_index("method")
    assert rows["precision"].to_dict() == {"bicubic": "fp32", "edsr": "bf16"}
    assert set(rows["runtime"]) == {"eager"}
    assert [note for note in result.notes if "fp32" in note] == [
        "in fp32 with torch, because they show no network that bf16 could run: bicubic"
    ]


def test_parts_of_a_label():
    for label in ("fp32", "bf16 openvino"):
        precision, runtime = named_parts(label)
        assert Inference("cpu", precision, runtime).label == label
    assert named_parts("bf16 compile (auto)") == ("bf16 (auto)", "compile")
    assert named_parts("") == ("", "")


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs a C++ compiler")
def test_compiling_a_network_that_computes_with_numpy(lr, recwarn):
    """srcnn's bicubic weights are NumPy's, and a compiled loop's, which torch cannot trace."""
    compiled = result("srcnn", lr, Inference(runtime="compile"))
    assert torch.allclose(compiled, result("srcnn", lr), atol=1e-5)
    assert all(warning.category is DeprecationWarning for warning in recwarn)  # those nobody is shown


def test_precision_is_part_of_a_records_identity(photos, tmp_path):
    first = srbench.run("edsr", datasets=str(photos), metrics="psnr", output=tmp_path / "a")
    again = srbench.run("edsr", datasets=str(photos), metrics="psnr", output=tmp_path / "a")
    half = srbench.run("edsr", datasets=str(photos), metrics="psnr", precision="bf16", output=tmp_path / "b")
    assert (first.reused, again.reused, half.reused) == (0, 3, 0)
    assert {record.fingerprint for record in first.items}.isdisjoint(record.fingerprint for record in half.items)
    assert not np.array_equal(first.records["psnr"], half.records["psnr"])
