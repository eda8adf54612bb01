"""Models of spandrel's architectures with random weights, run by file with the digits of spandrel's own call."""

from __future__ import annotations

import pickle
import sys
import warnings
from importlib.util import find_spec

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

import srbench
from srbench.api import BuildRequest
from srbench.cards import installed_cards
from srbench.errors import RequestError, RuntimeMissingError
from srbench.files import read_image
from srbench.protocols import find_protocols
from srbench_models.external.spandrel import _library, build, describe

if find_spec("spandrel") is None:  # which an import would not tell from a missing torchvision
    pytest.skip("needs spandrel: pip install --no-deps spandrel einops", allow_module_level=True)


@pytest.fixture(scope="module")
def library():
    return _library()


def compact():
    from spandrel.architectures.Compact import Compact

    return Compact(num_feat=8, num_conv=2, upscale=4)


def span():
    from spandrel.architectures.SPAN import SPAN

    return SPAN(num_in_ch=3, num_out_ch=3, feature_channels=16, upscale=4)


def rcan():
    from spandrel.architectures.RCAN import RCAN

    return RCAN(scale=2, n_resgroups=1, n_resblocks=2, n_feats=8, reduction=4)


def swinir():
    from spandrel.architectures.SwinIR import SwinIR

    sizes = {"upscale": 2, "img_size": 16, "window_size": 8, "depths": (2,), "num_heads": (2,), "embed_dim": 12}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torch.meshgrid
        return SwinIR(**sizes, upsampler="pixelshuffledirect")


NETWORKS = {"Compact": (compact, 4), "SPAN": (span, 4), "RCAN": (rcan, 2), "SwinIR": (swinir, 2)}


@pytest.fixture(params=NETWORKS)
def model(request, library, tmp_path):
    """Name, file and scale of a model; two in a dict of dicts, as BasicSR saves them, two as safetensors."""
    make, scale = NETWORKS[request.param]
    torch.manual_seed(3)
    state = make().state_dict()
    if request.param in ("Compact", "RCAN"):
        path = tmp_path / "model.pth"
        torch.save({"params_ema": state}, path)
    else:
        path = tmp_path / "model.safetensors"
        save_file({name: value.contiguous() for name, value in state.items()}, path)
    return request.param, path, scale


def test_the_digits_are_those_of_spandrels_own_call(model, library, photos, tmp_path):
    """At sizes that are no multiple of any window: 64×64, 66×70 and 48×80 HR."""
    name, path, scale = model
    info = describe(str(path))
    assert (info.scales, info.colour, info.architecture.split()[0]) == ((scale,), "rgb", name)
    folder = tmp_path / "run"
    result = srbench.run(
        f"spandrel:{path}", datasets=str(photos), scale=scale, metrics="psnr", output=folder, save_images=True
    )
    assert result.failed == 0
    assert result.leaderboard["method"].tolist() == [f"spandrel:{path.name}"]
    methods = result.description.methods[f"spandrel:{path.name}"][scale]
    assert methods["architecture"] == info.architecture
    assert len(methods["weights"]) == 64
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        own = library.ModelLoader().load_from_file(path).eval()
    from srbench.protocols import imresize

    (rule,) = find_protocols(("classic-y",), installed_cards())
    assert imresize
    for record in result.items:
        hr = read_image(photos / f"{record.key.image}.png")
        lr = rule.degradation.degrade(hr, scale)
        expected = own(torch.from_numpy(lr.astype(np.float32) / 255)[None])[0]
        expected = (expected * 255).round().clamp(0, 255).byte().numpy()
        saved = read_image(folder / result.run.gallery.result(record.key))
        assert np.abs(saved.astype(int) - expected).max() <= 1  # halves
        assert (saved == expected).mean() > 0.999


def test_odd_and_tiny_sizes_and_batches(model):
    _, path, scale = model
    upscaler = build(BuildRequest(scale, "cpu", None, str(path)))
    with torch.inference_mode():
        for shape in ((1, 3, 1, 1), (1, 3, 5, 17), (2, 3, 13, 9)):
            assert upscaler(torch.rand(shape)).shape == (*shape[:2], shape[2] * scale, shape[3] * scale)


def test_another_scale_is_refused(library, tmp_path, photos):
    path = tmp_path / "compact.pth"
    torch.save(compact().state_dict(), path)
    with pytest.raises(RequestError, match="has only ×4"):
        srbench.run(f"spandrel:{path}", datasets=str(photos), scale=2)


class Executed:
    def __reduce__(self):
        return (sys.exit, ("executed",))


def test_a_pickle_with_code_in_it_is_refused_without_executing_it(library, tmp_path, photos):
    path = tmp_path / "evil.pth"
    torch.save({"params": Executed()}, path)
    with pytest.raises(RequestError, match=r"evil.pth: cannot be read as safetensors, nor as a plain state_dict"):
        srbench.run(f"spandrel:{path}", datasets=str(photos))
    path.write_bytes(pickle.dumps(Executed()))
    with pytest.raises(RequestError, match="evil.pth: cannot be read as safetensors"):
        srbench.run(f"spandrel:{path}", datasets=str(photos))


def test_what_is_not_recognised_names_the_nearest(library, tmp_path, photos):
    path = tmp_path / "half.pth"
    state = span().state_dict()
    torch.save({name: value for name, value in state.items() if not name.startswith("upsampler")}, path)
    with pytest.raises(RequestError, match=r"not recognised by spandrel; nearest: SPAN lacks upsampler.0.weight"):
        srbench.run(f"spandrel:{path}", datasets=str(photos))
    torch.save({"a": torch.ones(1)}, path)
    with pytest.raises(RequestError, match="none of its 1 tensors is characteristic"):
        srbench.run(f"spandrel:{path}", datasets=str(photos))
    torch.save(torch.ones(3), path)
    with pytest.raises(RequestError, match="holds Tensor, expected the tensors of a model by name"):
        srbench.run(f"spandrel:{path}", datasets=str(photos))
    with pytest.raises(RequestError, match="no such file"):
        srbench.run(f"spandrel:{tmp_path / 'none.pth'}", datasets=str(photos))


def test_a_broken_torchvision_is_no_obstacle_and_stays_as_it_was(monkeypatch, library):
    """Few architectures need it; what the process has imported is as before."""
    for name in [name for name in sys.modules if name.partition(".")[0] in ("spandrel", "torchvision")]:
        monkeypatch.delitem(sys.modules, name)

    class Broken:
        def find_spec(self, name, *_):
            if name == "torchvision":
                raise RuntimeError("operator torchvision::nms does not exist")

    monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
    assert len(list(_library().MAIN_REGISTRY)) > 40
    assert "torchvision" not in sys.modules


def test_a_missing_library_is_one_line(monkeypatch, tmp_path, photos):
    for name in [name for name in sys.modules if name.partition(".")[0] == "spandrel"]:
        monkeypatch.delitem(sys.modules, name)

    class Missing:
        def find_spec(self, name, *_):
            if name == "spandrel":
                raise ModuleNotFoundError("No module named 'spandrel'")

    monkeypatch.setattr(sys, "meta_path", [Missing(), *sys.meta_path])
    path = tmp_path / "x.pth"
    torch.save({"a": torch.ones(1)}, path)
    with pytest.raises(RuntimeMissingError, match=r"spandrel cannot be loaded .*pip install 'srbench\[spandrel\]'"):
        srbench.run(f"spandrel:{path}", datasets=str(photos))
