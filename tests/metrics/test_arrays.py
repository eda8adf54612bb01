"""SSIM in single precision, and sums of errors."""

from __future__ import annotations

import numpy as np
import pytest

from srbench.metrics.pair.arrays import ArrayPair


def pair(photo, sigma, shape=(180, 171)):
    image = photo(*shape, top=0, left=0)
    noise = np.random.default_rng(1).normal(0, sigma, image.shape)
    return np.clip(image + noise, 0, 255).round().astype(np.uint8), image


def worst(a, b):
    """Largest difference of any term at any level between the three ways to compute SSIM."""
    whole, exact = ArrayPair(a, b, 255.0), ArrayPair(a.astype(float), b.astype(float), 255.0)
    single = ArrayPair(a.astype(float), b.astype(float), 255.0, single=True)
    assert whole.squared_error == pytest.approx(exact.squared_error, rel=1e-12)
    assert whole.absolute_error == pytest.approx(exact.absolute_error, rel=1e-12)
    return max(
        np.abs(mine - theirs).max()
        for level in range(5)
        for got in (whole, single)
        for mine, theirs in zip(got.ssim_terms(level), exact.ssim_terms(level), strict=True)
    )


@pytest.mark.parametrize("sigma", [0, 1, 10, 60])
def test_single_precision_is_within_three_ten_millionths_of_double(photo, sigma):
    """The coarsest level of so small an image is a single window."""
    assert worst(*pair(photo, sigma)) < 3e-7


def test_single_precision_is_within_a_millionth_where_nothing_is_alike(photo):
    hr = photo(180, 171, top=0, left=0)
    black, white = np.zeros_like(hr), np.full_like(hr, 255)
    checks = (np.indices(hr.shape).sum(0) % 2 * 255).astype(np.uint8)
    for a, b in ((np.full_like(hr, 200), hr), (white, white), (white, black), (255 - hr, hr), (checks, 255 - checks)):
        assert worst(a, b) < 1e-6


def test_errors_of_the_largest_sums():
    """3 × 2000 × 1500 samples, all off by 255; OpenCV adds what it has summed in whole numbers as float64."""
    black, white = np.zeros((3, 2000, 1500), np.uint8), np.full((3, 2000, 1500), 255, np.uint8)
    assert ArrayPair(black, white, 255.0).squared_error == pytest.approx(255**2, rel=1e-12)
    assert ArrayPair(black, white, 255.0).absolute_error == pytest.approx(255, rel=1e-12)


def test_every_level_agrees_with_double(photo):
    """Sums of uint8 over 2×2 pixels outgrow uint16 at the fifth level; at the eighth, 11 × 12 samples are left."""
    hr = np.tile(photo(128, 128)[:1], (1, 22, 24))
    sr = (hr * np.linspace(0.4, 1, hr.shape[2])).round().astype(np.uint8)
    whole, exact = ArrayPair(sr, hr, 255.0), ArrayPair(sr.astype(float), hr.astype(float), 255.0)
    single = ArrayPair(sr.astype(float), hr.astype(float), 255.0, single=True)
    for level in range(9):
        for pair in (whole, single):
            for mine, theirs in zip(pair.ssim_terms(level), exact.ssim_terms(level), strict=True):
                assert np.abs(mine - theirs).max() < 1e-6, level


def test_levels_are_counted_from_the_image():
    pair = ArrayPair(np.zeros((1, 22, 22)), np.zeros((1, 22, 22)), 255.0)
    with pytest.raises(ValueError, match="level -1: expected"):
        pair.ssim_terms(-1)
