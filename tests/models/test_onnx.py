"""ONNX graphs as methods: layouts, types, sizes, runtimes; and networks exported as graphs."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
from torch import nn

import srbench
from srbench.api import BuildRequest
from srbench.errors import MethodError, OutputError, RequestError, RuntimeMissingError
from srbench.harness.method.export import export
from srbench_models.external.onnx import _spans, build, describe

pytest.importorskip("onnxruntime", reason="needs onnxruntime: pip install 'srbench[onnx]'")


class Enlarged(nn.Module):
    """Nearest-neighbour enlargement with the layout and types that a graph may have."""

    def __init__(self, scale=2, last=False, whole=False, planes=3, factor=1.0):
        super().__init__()
        self.scale, self.last, self.whole, self.planes, self.factor = scale, last, whole, planes, factor

    def forward(self, x):
        x = x.permute(0, 3, 1, 2) if self.last else x
        x = x.float() if self.whole else x
        out = x[:, : self.planes].repeat_interleave(self.scale, 2).repeat_interleave(self.scale, 3) * self.factor
        out = out.clamp(0, 255).to(torch.uint8) if self.whole else out
        return out.permute(0, 2, 3, 1) if self.last else out


def graph(path, network, shape, dtype=torch.float32, dynamic=None):
    """Write a network as an ONNX file that takes arrays of one shape, of which the axes in `dynamic` may differ."""
    example = torch.zeros(shape, dtype=dtype)
    axes = {"x": dynamic, "y": dynamic} if dynamic else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the tracer, and of the exporter's age
        torch.onnx.export(
            network,
            (example,),
            str(path),
            input_names=["x"],
            output_names=["y"],
            dynamic_axes=axes,
            opset_version=17,
            dynamo=False,
        )
    return path


ANY = {0: "n", 2: "h", 3: "w"}
ANY_LAST = {0: "n", 1: "h", 2: "w"}
FORMS = {
    "float NCHW": (Enlarged(), (1, 3, 8, 8), torch.float32, ANY),
    "float NHWC": (Enlarged(last=True), (1, 8, 8, 3), torch.float32, ANY_LAST),
    "uint8 NHWC": (Enlarged(last=True, whole=True), (1, 8, 8, 3), torch.uint8, ANY_LAST),
    "uint8 NHWC 32×32": (Enlarged(last=True, whole=True), (1, 32, 32, 3), torch.uint8, None),
    "float NCHW 24×40": (Enlarged(), (1, 3, 24, 40), torch.float32, None),
    "batches of 4": (Enlarged(), (4, 3, 16, 16), torch.float32, None),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_pixels(form, tmp_path, photos):
    path = graph(tmp_path / "net.onnx", *FORMS[form])
    assert describe(str(path)).scales == (2,)
    result = srbench.run(["nearest", f"onnx:{path}"], datasets=str(photos), scale=2, metrics=["psnr", "l1"])
    first, second = result.leaderboard[["psnr", "l1"]].to_numpy()
    assert first.tolist() == second.tolist()
    table = result.leaderboard.set_index("method")
    assert table.loc["onnx:net.onnx", "runtime"] == "onnxruntime"


@pytest.mark.parametrize("side", [8, 20, 64])
@pytest.mark.parametrize("length", [1, 8, 19, 64, 65, 100, 257])
def test_tiles_cover_everything_once(side, length):
    padded = max(side, length)
    spans = list(_spans(padded, side))
    assert [one.stop - one.start for one in spans] == [side] * len(spans)
    assert [index for one in spans for index in range(one.first, one.last)] == list(range(padded))
    for one in spans:
        assert 0 <= one.start <= one.first < one.last <= one.stop <= padded


def test_luma_graphs_are_given_luma(tmp_path, photos):
    path = graph(tmp_path / "y.onnx", Enlarged(planes=1), (1, 1, 8, 8), dynamic=ANY)
    assert describe(str(path)).colour == "y"
    result = srbench.run(f"onnx:{path}", datasets=str(photos), scale=2, protocol="srcnn-y", metrics="psnr")
    assert result.failed == 0


def test_an_exported_network_has_its_methods_row(tmp_path, photos):
    made = export("edsr", 4, tmp_path / "edsr.onnx")
    assert made.difference is not None
    assert made.difference < 1e-4
    name = f"onnx:{tmp_path / 'edsr.onnx'}"
    result = srbench.run(["edsr", name], datasets=str(photos), metrics="psnr")
    first, second = result.leaderboard["psnr"]
    assert first == pytest.approx(second, abs=0.001)
    pytest.importorskip("openvino")
    there = srbench.run(name, datasets=str(photos), metrics="psnr", runtime="openvino").leaderboard
    assert there["psnr"][0] == pytest.approx(first, abs=0.001)
    assert there["runtime"][0] == "openvino"


def test_batches_and_devices(tmp_path):
    path = graph(tmp_path / "net.onnx", Enlarged(), (1, 3, 8, 8), dynamic=ANY)
    upscaler = build(BuildRequest(2, "cpu", None, str(path)))
    lr = torch.rand(5, 3, 9, 7)
    np.testing.assert_allclose(upscaler(lr).numpy(), lr.repeat_interleave(2, 2).repeat_interleave(2, 3), atol=1e-6)
    with pytest.raises(RuntimeMissingError, match="onnxruntime has no CUDAExecutionProvider"):
        build(BuildRequest(2, "cuda", None, str(path)))


@pytest.mark.parametrize(
    ("network", "shape", "message"),
    [
        (Enlarged(scale=1), (1, 3, 8, 8), "makes 64×48 of 64×48, expected a whole scale from 2 to 16"),
        (Enlarged(planes=2), (1, 3, 8, 8), "returns shape .*, expected 3 planes"),
        (Enlarged(factor=255.0), (1, 3, 8, 8), "expected floats in"),
        (nn.Flatten(), (1, 3, 8, 8), "expected 3 planes in 4 axes"),
        (Enlarged(), (1, 7, 8, 8), "takes 7 planes, expected 1"),
    ],
)
def test_graphs_that_are_refused(tmp_path, photos, network, shape, message):
    path = graph(tmp_path / "net.onnx", network, shape, dynamic=ANY)
    with pytest.raises(RequestError, match=message):
        srbench.run(f"onnx:{path}", datasets=str(photos), scale=2)


def test_files_and_runtimes_that_are_refused(tmp_path, photos):
    bad = tmp_path / "bad.onnx"
    bad.write_bytes(b"no graph")
    with pytest.raises(RequestError, match="bad.onnx: onnxruntime cannot open it"):
        srbench.run(f"onnx:{bad}", datasets=str(photos))
    with pytest.raises(RequestError, match="no such file; name an .onnx file"):
        srbench.run("onnx:none.onnx", datasets=str(photos))
    path = graph(tmp_path / "net.onnx", Enlarged(), (1, 3, 8, 8), dynamic=ANY)
    result = srbench.run(f"onnx:{path}", datasets=str(photos), scale=2, runtime="compile")
    assert result.failed == 3
    assert any("has no attribute `network`" in note for note in result.notes)
    half = srbench.run(f"onnx:{path}", datasets=str(photos), scale=2, precision="bf16")
    assert half.leaderboard["precision"].tolist() == ["fp32"]


def test_what_cannot_be_exported(tmp_path):
    with pytest.raises(MethodError, match="bicubic has no attribute `network`"):
        export("bicubic", 4, tmp_path / "x.onnx")
    with pytest.raises(MethodError, match="srcnn: the exported graph"):
        export("srcnn", 4, tmp_path / "x.onnx")
    with pytest.raises(OutputError, match="an exported graph is an .onnx file"):
        export("edsr", 4, tmp_path / "x.pt")
    with pytest.raises(RequestError, match="edsr has no ×5"):
        export("edsr", 5, tmp_path / "x.onnx")
    assert list(tmp_path.iterdir()) == []
