"""Training losses: what each is zero for, what it notices, and that gradients reach the result."""

from __future__ import annotations

import math

import pytest
import torch

from srbench_models.training.discriminator import Discriminator
from srbench_models.training.losses import (
    discriminator_loss,
    generator_loss,
    l1,
    mse,
    perceptual,
    texture,
    total_variation,
)


def test_pixel_losses_by_hand():
    sr, hr = torch.tensor([[[[1.0, 4.0]]]]), torch.tensor([[[[3.0, 4.0]]]])
    assert l1(sr, hr) == 1
    assert mse(sr, hr) == 2


def test_total_variation_by_hand():
    ramp = torch.arange(4.0).expand(1, 1, 3, 4)
    assert total_variation(ramp) == 1  # one level a step to the right, none downwards
    assert total_variation(torch.full((1, 3, 5, 5), 7.0)) == 0
    assert total_variation(ramp.transpose(2, 3)) == total_variation(ramp)


def test_perceptual_is_relative_to_hr():
    hr = [torch.rand(2, 4, 6, 6), torch.rand(2, 8, 3, 3)]
    assert perceptual(hr, hr) == 0
    off = [g * 1.1 for g in hr]
    assert perceptual(off, hr) == pytest.approx(0.01, rel=1e-3)
    assert perceptual([1000 * f for f in off], [1000 * g for g in hr]) == pytest.approx(0.01, rel=1e-3)


def test_texture_does_not_mind_where_in_a_patch_things_are():
    maps = torch.rand(1, 4, 16, 16)
    patches = maps.reshape(1, 4, 4, 4, 4, 4).permute(0, 1, 2, 4, 3, 5).flatten(4)
    moved = patches[..., torch.randperm(16)].reshape(1, 4, 4, 4, 4, 4).permute(0, 1, 2, 4, 3, 5).reshape(1, 4, 16, 16)
    assert not torch.equal(moved, maps)
    assert texture([moved], [maps], [4]) == pytest.approx(0, abs=1e-9)
    # A patch's worth of displacement is noticed: each patch is compared with the one in its own place.
    assert texture([maps.roll(4, 2)], [maps], [4]) > 1e-4


def test_the_game_by_hand():
    unsure = torch.zeros(3, 1)
    assert generator_loss(unsure) == pytest.approx(math.log(2))
    assert discriminator_loss(unsure, unsure) == pytest.approx(2 * math.log(2))
    assert generator_loss(unsure + 9) < 0.001 < generator_loss(unsure - 9)
    assert discriminator_loss(unsure + 9, unsure - 9) < 0.001


def test_gradients_reach_the_result():
    sr = (255 * torch.rand(2, 3, 16, 16)).requires_grad_()
    hr = 255 * torch.rand(2, 3, 16, 16)
    game = generator_loss(Discriminator(16, [4, 8], batch_norm=True)(sr))
    total = l1(sr, hr) + mse(sr, hr) + total_variation(sr) + perceptual([sr], [hr]) + texture([sr], [hr], [2]) + game
    total.backward()
    assert torch.isfinite(sr.grad).all()
    assert (sr.grad != 0).all()


@pytest.mark.parametrize(("side", "batch_norm"), [(96, True), (128, False), (50, True)])
def test_discriminators_take_their_patches(side, batch_norm):
    judge = Discriminator(side, [4, 8, 8, 8], batch_norm)
    assert judge(torch.rand(2, 3, side, side)).shape == (2, 1)
    assert any(isinstance(layer, torch.nn.BatchNorm2d) for layer in judge.modules()) == batch_norm


def test_srgans_discriminator_is_the_papers():
    """Ledig et al. 2017, figure 4: eight convolutions, 64 to 512 channels, dense 1024 and 1, on 96×96 patches."""
    judge = Discriminator(96, [64, 128, 256, 512], batch_norm=True)
    convolutions = [layer for layer in judge.modules() if isinstance(layer, torch.nn.Conv2d)]
    assert [(layer.out_channels, layer.stride[0]) for layer in convolutions] == [
        (channels, stride) for channels in (64, 128, 256, 512) for stride in (1, 2)
    ]
    assert sum(isinstance(layer, torch.nn.BatchNorm2d) for layer in judge.modules()) == 7
    assert [layer.in_features for layer in judge.verdict if isinstance(layer, torch.nn.Linear)] == [512 * 6 * 6, 1024]
