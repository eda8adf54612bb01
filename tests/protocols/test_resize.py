"""`imresize` by its properties and against other implementations; MATLAB's own files are in tests/reference."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pil

from srbench.errors import ImageError
from srbench.protocols import imresize, modcrop, resample_taps
from srbench.protocols.resize import KERNELS

SIDES = st.integers(1, 40)


@settings(deadline=None)
@given(
    before=SIDES,
    after=SIDES,
    kernel=st.sampled_from(sorted(KERNELS)),
    border=st.sampled_from(["symmetric", "replicate"]),
)
def test_taps_stay_inside_and_sum_to_one(before, after, kernel, border):
    taps = resample_taps(before, after, kernel, border)
    assert taps.indices.min() >= 0
    assert taps.indices.max() < before
    assert np.allclose(taps.weights.sum(axis=1), 1, atol=1e-12)


@settings(max_examples=30, deadline=None)
@given(height=SIDES, width=SIDES, level=st.integers(0, 255), kernel=st.sampled_from(sorted(KERNELS)))
def test_a_flat_image_stays_flat(height, width, level, kernel):
    flat = np.full((3, 7, 5), level, dtype=np.uint8)
    assert (imresize(flat, (height, width), kernel=kernel) == level).all()


def test_same_size_changes_nothing(photo):
    assert np.array_equal(imresize(photo(), (64, 64)), photo())


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_commutes_with_mirror_and_transpose(photo, scale):
    image = photo(48, 48).astype(np.float64)
    size = 48 // scale, 48 // scale
    small = imresize(image, size)
    assert np.allclose(imresize(image[:, :, ::-1], size), small[:, :, ::-1], atol=1e-9)
    assert np.allclose(imresize(image.swapaxes(1, 2), size), small.swapaxes(1, 2), atol=1e-9)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_enlarging_equals_torch_inside_the_border(photo, scale):
    """torch's kernel has a = -3/4, so only its linear one can be compared: half-pixel centres, clamped border."""
    image = photo(20, 24).astype(np.float64)
    size = 20 * scale, 24 * scale
    theirs = F.interpolate(torch.from_numpy(image)[None], size=size, mode="bilinear", align_corners=False)[0].numpy()
    assert np.allclose(imresize(image, size, kernel="linear"), theirs, atol=1e-9)


@pytest.mark.parametrize("kernel", [("cubic", Pil.Resampling.BICUBIC), ("lanczos3", Pil.Resampling.LANCZOS)])
@pytest.mark.parametrize("size", [(16, 16), (128, 192)])
def test_equals_pillow_inside_the_border(photo, kernel, size):
    """Pillow has the same kernels and antialiasing, and differs at the border alone."""
    ours, theirs = kernel
    image = photo(64, 64)[0].astype(np.float32)
    pillow = np.asarray(Pil.fromarray(image).resize(size[::-1], theirs))
    margin = 13
    inside = np.s_[margin:-margin, margin:-margin] if min(size) > 30 else np.s_[4:-4, 4:-4]
    assert np.allclose(imresize(image, size, kernel=ours)[inside], pillow[inside], atol=2e-3)


def test_uint8_is_rounded_after_each_pass():
    """By hand: rows first. [10, 11] averages to 10.5, kept as 11; one rounding at the end would give 10."""
    image = np.array([[10, 10], [11, 10]], dtype=np.uint8)
    assert imresize(image, (1, 1), kernel="box").item() == 11
    assert imresize(image.astype(np.float64), (1, 1), kernel="box").item() == 10.25


def test_replicate_differs_from_symmetric_only_near_the_border(photo):
    image = photo()
    old, new = (imresize(image, (16, 16), border=border) for border in ("replicate", "symmetric"))
    assert not np.array_equal(old, new)
    assert np.array_equal(old[:, 2:-2, 2:-2], new[:, 2:-2, 2:-2])


def test_bad_requests():
    with pytest.raises(ImageError, match="at least one pixel"):
        imresize(np.zeros((3, 4, 4), np.uint8), (0, 4))
    with pytest.raises(ImageError, match="got int64"):
        imresize(np.zeros((3, 4, 4), np.int64), (2, 2))


@given(height=SIDES, width=SIDES, scale=st.integers(2, 8))
def test_modcrop_leaves_multiples_and_the_top_left(height, width, scale):
    image = np.arange(height * width).reshape(1, height, width)
    if min(height, width) < scale:
        with pytest.raises(ImageError, match="smaller than one LR pixel"):
            modcrop(image, scale)
        return
    cut = modcrop(image, scale)
    assert cut.shape[1] % scale == cut.shape[2] % scale == 0
    assert height - cut.shape[1] < scale
    assert width - cut.shape[2] < scale
    assert np.array_equal(cut, image[:, : cut.shape[1], : cut.shape[2]])
