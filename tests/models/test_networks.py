"""SRCNN, SRResNet, EnhanceNet: sizes as published, any input, and where each begins."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from srbench.errors import WeightsError
from srbench.protocols import imresize
from srbench_models.enhancenet.network import EnhanceNet
from srbench_models.enlarge import Bicubic
from srbench_models.srcnn.network import SRCNN
from srbench_models.srgan.network import SRResNet


def parameters(network):
    return sum(value.numel() for value in network.parameters())


def test_sizes_are_the_papers():
    # Dong et al. 2016, table 1: 8,032 and 57,184 weights without biases, for 9-1-5 and 9-5-5.
    assert parameters(SRCNN(2)) == 8032 + 64 + 32 + 1
    assert parameters(SRCNN(2, kernels=(9, 5, 5))) == 57184 + 64 + 32 + 1
    # EnhanceNet has 25 convolutions; SRResNet about 1.5 million parameters.
    assert sum(isinstance(layer, torch.nn.Conv2d) for layer in EnhanceNet().modules()) == 25
    assert 1.5e6 < parameters(SRResNet()) < 1.6e6
    assert not any("mean" in name for name in EnhanceNet().state_dict())


@pytest.mark.parametrize("size", [(1, 1), (2, 5), (9, 4)])
@pytest.mark.parametrize(
    ("network", "planes", "scale"),
    [
        (SRCNN(3, features=(4, 3)), 1, 3),
        (SRCNN(2, 3, (6, 4), (3, 3, 3), "zeros"), 3, 2),
        (SRResNet(4, blocks=1, features=4), 3, 4),
        (SRResNet(2, blocks=1, features=4), 3, 2),
        (EnhanceNet(4, blocks=1, features=4), 3, 4),
        (EnhanceNet(4, blocks=1, features=4, skip="tensorflow"), 3, 4),
    ],
)
def test_any_size(network, planes, scale, size):
    network.eval()
    assert network(torch.rand(2, planes, *size)).shape == (2, planes, size[0] * scale, size[1] * scale)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_the_enlargement_inside_a_network_is_the_protocols(photo, scale):
    lr = photo(11, 17)
    ours = Bicubic(scale)(torch.from_numpy(lr[None] / np.float32(255)))[0].numpy() * 255
    assert np.abs(ours - imresize(lr.astype(np.float64), (11 * scale, 17 * scale))).max() < 1e-3


def test_tensorflows_bicubic_begins_at_the_corner_and_repeats_the_edge():
    """Every scale-th sample is an input sample, and between two the kernel with a = -0.75 weighs four."""
    lr = torch.rand(1, 1, 1, 6)
    row = Bicubic(4, "tensorflow")(lr)[0, 0, 0]
    x = lr[0, 0, 0]
    assert torch.allclose(row[::4], x, atol=1e-6)
    # At a half, a = -0.75 gives -0.09375 and 0.59375: Keys' kernel at distances 1.5 and 0.5.
    assert row[10] == pytest.approx(float(-0.09375 * (x[1] + x[4]) + 0.59375 * (x[2] + x[3])), abs=1e-6)
    assert row[-2] == pytest.approx(float(-0.09375 * (x[4] + x[5]) + 0.59375 * (x[5] + x[5])), abs=1e-6)


@pytest.mark.parametrize(("planes", "kernels"), [(1, (9, 1, 5)), (3, (3, 3, 3))])
def test_srcnn_begins_as_bicubic(planes, kernels):
    lr = 0.2 + 0.6 * torch.rand(1, planes, 7, 8)
    network = SRCNN(2, planes, kernels=kernels)
    with torch.inference_mode():
        assert torch.allclose(network(lr), Bicubic(2)(lr), atol=1e-5)


def test_enhancenet_adds_to_bicubic():
    network, lr = EnhanceNet(blocks=1, features=4), torch.rand(1, 3, 5, 6)
    torch.nn.init.zeros_(network.tail[-1].weight)
    torch.nn.init.zeros_(network.tail[-1].bias)
    assert torch.allclose(network(lr), Bicubic(4)(lr), atol=1e-6)


def test_the_classifier_is_the_one_its_weights_are_of(benchmark_data):
    """SqueezeNet 1.1 loads, and its feature maps have the strides the texture loss relies on."""
    from srbench_models.training.features import build_feature_maps

    path = benchmark_data / "weights" / "squeezenet1_1" / "squeezenet1_1_caffe.safetensors"
    if not path.is_file():
        pytest.skip("needs SqueezeNet's weights below SRBENCH_TEST_DATA")
    maps = build_feature_maps("squeezenet1_1", path)
    found = maps(torch.rand(1, 3, 96, 96) * 255)
    for layer, stride in zip(maps.taps.texture, maps.taps.strides, strict=True):
        assert 96 // stride - 2 <= found[layer].shape[-1] <= 96 // stride
    assert all(not parameter.requires_grad for parameter in maps.parameters())


@pytest.mark.parametrize(
    ("network", "planes"),
    [
        (SRResNet(2, blocks=1, features=4), 3),
        (EnhanceNet(2, blocks=1, features=4), 3),
    ],
)
def test_autocast_rounds_no_image(network, planes):
    """The result is float32, and the same samples but for what the layers in between lose."""
    lr = torch.rand(1, planes, 12, 12)
    network.eval()
    with torch.inference_mode():
        exact = network(lr)
        with torch.autocast("cpu", torch.bfloat16):
            rough = network(lr)
    assert rough.dtype == torch.float32
    assert len(rough.unique()) > 0.9 * rough.numel()
    assert torch.allclose(rough, exact, atol=0.02)


def test_srresnet_grows_out_of_edsr(photo, tmp_path):
    """The same result up to the border, in evaluation and, where the statistics are the patches' own, in training."""
    from safetensors.torch import save_file

    from srbench_models.edsr.network import EDSR
    from srbench_models.srgan.grow import grow_from_edsr

    torch.manual_seed(0)
    edsr, network = EDSR(4), SRResNet()
    save_file(edsr.state_dict(), tmp_path / "edsr.safetensors")
    lr = torch.stack([torch.from_numpy(photo(20, 24, top=place)) for place in (0, 60, 120)]).float() / 255
    grow_from_edsr(network, tmp_path / "edsr.safetensors", lr)
    with torch.inference_mode():
        wanted = edsr(lr)
        assert not torch.allclose(SRResNet().eval()(lr), wanted, atol=1e-2)
        assert torch.allclose(network.eval()(lr), wanted, atol=1e-4)
        assert torch.allclose(network.train()(lr), wanted, atol=1e-4)
    with pytest.raises(WeightsError, match="only an SRResNet of 16 blocks"):
        grow_from_edsr(SRResNet(4, blocks=2), tmp_path / "edsr.safetensors", lr)
