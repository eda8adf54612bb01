"""The contract of an upscaler, broken in every way a user's network breaks it."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import torch

from srbench.errors import MethodError
from srbench.methods import upscale_planes
from srbench.protocols import imresize


def repeat(lr, scale=2):
    return lr.repeat_interleave(scale, -2).repeat_interleave(scale, -1)


def call(upscaler, lr, colour="rgb"):
    return upscale_planes(upscaler, [lr], 2, colour=colour, device="cpu")[0]


@pytest.mark.parametrize("planes", [1, 3])
def test_what_goes_in_is_float32_in_unit_range(photo, planes):
    seen = {}

    def spy(lr):
        seen.update(dtype=lr.dtype, shape=tuple(lr.shape), low=float(lr.min()), high=float(lr.max()))
        return repeat(lr)

    lr = photo()[:planes]
    assert np.array_equal(call(spy, lr), lr.repeat(2, -2).repeat(2, -1))
    assert seen["dtype"] == torch.float32
    assert seen["shape"] == (1, planes, 64, 64)
    assert 0 <= seen["low"] <= seen["high"] <= 1


def test_every_level_survives_the_way_there_and_back():
    levels = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    assert np.array_equal(call(repeat, levels), levels.repeat(2, -2).repeat(2, -1))


def test_ties_round_up_and_overshoot_is_clipped():
    def halves(lr):
        return repeat(lr) + 0.5 / 255

    levels = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    expected = np.minimum(levels.astype(int) + 1, 255).repeat(2, -2).repeat(2, -1)
    assert np.array_equal(call(halves, levels), expected)
    assert (call(lambda lr: repeat(lr) - 2, levels) == 0).all()


def test_a_luma_method_gets_its_chroma_from_bicubic(photo):
    from srbench.protocols import rgb_to_ycbcr

    out = rgb_to_ycbcr(call(repeat, photo(), colour="y"))
    chroma = imresize(rgb_to_ycbcr(photo())[1:], (128, 128))
    inside = (out[0] > 30) & (out[0] < 220)  # away from where clipping RGB moves chroma
    assert np.abs(out[1:] - chroma)[:, inside].mean() < 1


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (lambda lr: 1 / 0, "raised ZeroDivisionError"),
        (lambda lr: sys.exit(0), "raised SystemExit: 0"),
        (lambda lr: lr, r"returned shape \(1, 3, 64, 64\), expected \(1, 3, 128, 128\)"),
        (lambda lr: repeat(lr)[0], "returned shape"),
        (lambda lr: repeat(lr).mean(1, keepdim=True), "returned shape"),
        (lambda lr: repeat(lr) * float("nan"), "NaN or infinite"),
        (lambda lr: repeat(lr) / 0, "NaN or infinite"),
        (lambda lr: repeat(lr) * 255, r"expected \[0, 1\]; divide by 255\?"),
        (lambda lr: (repeat(lr) * 255).byte(), "torch.uint8 samples"),
        (lambda lr: repeat(lr).numpy(), "returned ndarray, expected a torch.Tensor"),
        (lambda lr: None, "returned NoneType"),
    ],
)
def test_broken_methods_are_named_errors(photo, broken, message):
    with pytest.raises(MethodError, match=message):
        call(broken, photo())


def test_a_long_message_becomes_one_line(photo):
    def verbose(lr):
        raise RuntimeError("first\nsecond " + "x" * 500)

    with pytest.raises(MethodError) as caught:
        call(verbose, photo())
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300
