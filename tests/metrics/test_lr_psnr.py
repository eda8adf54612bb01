"""LR-PSNR: the result is degraded again by its protocol, and compared with the LR it was made from."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image as Pil

import srbench
from srbench.files import read_image, write_image
from srbench.metrics import psnr
from srbench.protocols import imresize, luma, quantise

SCALE = 2


def lr_psnr(method, folder, **options):
    """The metric of each image, by its id."""
    run = {"datasets": str(folder), "scale": SCALE, "metrics": "lr_psnr", **options}
    records = srbench.run(method, **run).records
    return dict(zip(records["image"], records["lr_psnr"], strict=True))


def halved(image, gathered):
    return gathered(image, (image.shape[1] // SCALE, image.shape[2] // SCALE))


def repeated(lr):
    return lr.repeat(SCALE, axis=1).repeat(SCALE, axis=2)


def with_pillow(image):
    size = image.shape[2] // SCALE, image.shape[1] // SCALE
    picture = Pil.fromarray(np.ascontiguousarray(image.transpose(1, 2, 0)))
    return np.asarray(picture.resize(size, Pil.Resampling.LANCZOS)).transpose(2, 0, 1)


def inverse(lr, scale):
    """Enlarge, and add what is missing after degrading again, until nothing is."""
    wanted = lr.numpy().astype(np.float64)
    size = wanted.shape[-2] * scale, wanted.shape[-1] * scale
    result = imresize(wanted, size)
    for _ in range(30):
        result += imresize(wanted - imresize(result, wanted.shape[-2:]), size)
    return torch.from_numpy(result).float()


inverse.colour = "any"


@pytest.mark.parametrize("protocol", ["rgb", "classic-y", "srcnn-y"])
def test_an_inverse_is_as_faithful_as_8_bits_allow(photos, protocol):
    """Only the rounding of the result is left, where a plain method changes what it was given."""
    inverted, plain = (lr_psnr(method, photos, protocol=protocol) for method in (inverse, "bicubic"))
    assert min(inverted.values()) > max(55, *plain.values())


@pytest.mark.parametrize("protocol", ["rgb", "classic-y", "edsr-div2k"])
def test_rgb_is_rounded_as_lr_was(photos, gathered, protocol):
    found = lr_psnr("nearest", photos, protocol=protocol)
    for name, value in found.items():
        lr = halved(read_image(photos / f"{name}.png"), gathered).astype(np.uint8)
        again = halved(repeated(lr), gathered).astype(np.uint8)
        assert value == pytest.approx(psnr(again, lr), abs=1e-6)


def test_pillows_lanczos(photos):
    for name, value in lr_psnr("nearest", photos, protocol="lanczos-y").items():
        lr = with_pillow(read_image(photos / f"{name}.png"))
        assert value == pytest.approx(psnr(with_pillow(repeated(lr)), lr), abs=1e-6)


def test_where_luma_is_upscaled_luma_is_compared_and_not_rounded(photos, gathered):
    for name, value in lr_psnr("nearest", photos, protocol="srcnn-y").items():
        hr = quantise(luma(read_image(photos / f"{name}.png"))).astype(np.float64)
        lr = halved(hr, gathered)
        again = halved(quantise(repeated(lr)).astype(np.float64), gathered)
        assert value == pytest.approx(psnr(again, lr, data_range=255.0), abs=1e-6)


def test_a_given_lr_is_what_counts(tmp_path, photo, gathered):
    """The protocol's own LR is another: the given one is 10 levels brighter."""
    hr = photo(64, 72)
    given = np.minimum(halved(hr, gathered) + 10, 255).astype(np.uint8)
    write_image(tmp_path / "set" / "HR" / "one.png", hr)
    write_image(tmp_path / "set" / "LR_bicubic" / "X2" / "onex2.png", given)
    (value,) = lr_psnr("nearest", tmp_path / "set", lr="given", protocol="rgb").values()
    assert value == pytest.approx(psnr(halved(repeated(given), gathered).astype(np.uint8), given), abs=1e-6)


def test_hr_as_the_result_is_identical_to_lr(photos):
    result = srbench.score(photos, name="hr", dataset=str(photos), scale=SCALE, metrics=("lr_psnr", "ssim"))
    assert result.records["ssim"].eq(1).all()
    assert result.records["lr_psnr"].isna().all()
    assert any("is the result identical to LR?" in note for note in result.notes)
