"""The EDSR network: the released checkpoints' names and sizes, any input size, and weights that must fit."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import save_file

from srbench.api import BuildRequest
from srbench.errors import WeightsError
from srbench_models.edsr.network import EDSR
from srbench_models.edsr.upscaler import create
from srbench_models.weights import load_matching, load_weights


def test_names_are_those_of_the_released_checkpoints():
    names = set(EDSR(4).state_dict())
    for name in ("sub_mean.weight", "add_mean.bias", "head.0.weight", "body.0.body.0.weight", "body.15.body.2.bias"):
        assert name in names
    assert {"body.16.weight", "tail.0.0.weight", "tail.0.2.weight", "tail.1.weight"} <= names
    assert "tail.0.2.weight" not in EDSR(3).state_dict()


@pytest.mark.parametrize(("scale", "expected"), [(2, 1_369_859), (3, 1_554_499), (4, 1_517_571)])
def test_parameters_of_the_baseline(scale, expected):
    """Lim et al. 2017, table 1: 1.5 M; the 24 numbers of the two fixed mean shifts are not counted there."""
    assert sum(value.numel() for value in EDSR(scale).parameters() if value.requires_grad) == expected


def test_parameters_of_the_full_model():
    """Lim et al. 2017, table 1: 43 M."""
    total = sum(value.numel() for value in EDSR(2, blocks=32, features=256, res_scale=0.1).state_dict().values())
    assert 40.6e6 < total < 43.1e6


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("size", [(1, 1), (5, 7)])
def test_any_size(scale, size):
    network = EDSR(scale, blocks=1, features=4)
    assert network(torch.rand(2, 3, *size)).shape == (2, 3, size[0] * scale, size[1] * scale)


def test_the_mean_is_put_back():
    network = EDSR(2, blocks=1, features=4)
    for layer in (network.head[0], network.body[-1], network.tail[1]):
        torch.nn.init.zeros_(layer.weight)
        torch.nn.init.zeros_(layer.bias)
    out = network(torch.rand(1, 3, 4, 4))
    assert out.mean((0, 2, 3)).tolist() == pytest.approx([0.4488, 0.4371, 0.4040], abs=1e-6)


def test_autocast_does_not_round_the_range():
    """In bfloat16, 200 and 201 are the same number: what enters the head, and leaves the network, must be float32's."""
    network, lr, seen = EDSR(2, blocks=1, features=4), torch.rand(1, 3, 8, 8), []
    network.head.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    network.add_mean.register_forward_hook(lambda _, inputs, output: seen.append(output - inputs[0]))
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        network(lr)
    mean = 255 * torch.tensor([0.4488, 0.4371, 0.4040]).view(1, 3, 1, 1)
    assert torch.allclose(seen[0], lr * 255 - mean, atol=1e-4)
    assert torch.allclose(seen[1], mean.expand_as(seen[1]), atol=1e-4)


def test_a_step_moves_all_but_the_mean():
    network = EDSR(2, blocks=1, features=4)
    network(torch.rand(1, 3, 4, 4)).sum().backward()
    fixed = {name for name, value in network.named_parameters() if value.grad is None}
    assert fixed == {"sub_mean.weight", "sub_mean.bias", "add_mean.weight", "add_mean.bias"}


def test_weights_that_do_not_fit_are_listed(tmp_path):
    state = EDSR(2, blocks=1, features=4).state_dict()
    state["extra"] = torch.zeros(1)
    state["head.0.bias"] = torch.zeros(9)
    del state["tail.1.bias"]
    save_file(state, tmp_path / "w.safetensors")
    with pytest.raises(
        WeightsError, match=r"missing tail\.1\.bias; unexpected extra; head\.0\.bias is \(9,\), expected \(4,\)"
    ):
        load_weights(EDSR(2, blocks=1, features=4), tmp_path / "w.safetensors")
    (tmp_path / "w.safetensors").write_bytes(b"no tensors")
    with pytest.raises(WeightsError, match="cannot be read as safetensors"):
        load_weights(EDSR(2), tmp_path / "w.safetensors")


def test_another_scales_weights_are_taken_where_they_fit(tmp_path):
    four, three = EDSR(4, blocks=1, features=4), EDSR(3, blocks=1, features=4)
    save_file(four.state_dict(), tmp_path / "x4.safetensors")
    fresh = load_matching(three, tmp_path / "x4.safetensors")
    assert fresh == ["tail.0.0.bias", "tail.0.0.weight"]
    assert torch.equal(three.state_dict()["body.0.body.0.weight"], four.state_dict()["body.0.body.0.weight"])
    save_file({"other": torch.zeros(1)}, tmp_path / "other.safetensors")
    with pytest.raises(WeightsError, match="no tensor in it fits EDSR"):
        load_matching(three, tmp_path / "other.safetensors")


def test_a_scale_without_weights():
    with pytest.raises(WeightsError, match="edsr has no weights at ×8"):
        create(BuildRequest(8, "cpu", None))
