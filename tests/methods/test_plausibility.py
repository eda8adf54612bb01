"""Mistakes that give a picture all the same: each is named, and honest methods are left alone."""

from __future__ import annotations

import numpy as np
import pytest

from srbench.methods.plausibility import suspicions
from srbench.protocols import imresize, quantise


def pair(photo, scale, size=192):
    hr = photo(size, size, top=60, left=100)
    lr = imresize(hr, (size // scale, size // scale))
    return quantise(imresize(lr.astype(float), (size, size))), lr


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_bicubic_is_plausible(photo, scale):
    assert suspicions(*pair(photo, scale), scale) == ()


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_swapped_channels(photo, scale):
    sr, lr = pair(photo, scale)
    assert "BGR for RGB" in suspicions(sr[::-1], lr, scale)[0]


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("shift", [(0, 1), (1, 0), (-1, -1)])
def test_a_shift_of_one_pixel(photo, scale, shift):
    sr, lr = pair(photo, scale)
    warning = suspicions(np.roll(sr, shift, axis=(1, 2)), lr, scale)[0]
    down, right = shift
    found = [float(word) for word in warning.split() if word[0] in "+-"]
    assert found == pytest.approx([right, down], abs=0.35)


def test_a_wrong_range(photo):
    sr, lr = pair(photo, 4)
    assert "wrong range" in suspicions(sr // 4, lr, 4)[0]
    assert "wrong range" in suspicions(255 - sr, lr, 4)[0]


def test_flat_or_tiny_images_tell_nothing():
    flat = np.full((3, 80, 80), 90, np.uint8)
    assert suspicions(flat, flat[:, ::4, ::4], 4) == ()
    tiny = np.zeros((3, 8, 8), np.uint8)
    assert suspicions(tiny, tiny[:, ::4, ::4] + 200, 4) == ()
