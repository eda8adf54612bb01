"""SSIM in single precision, and sums of errors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import strategies as st

from srbench.metrics.pair.arrays import ArrayPair

images = st.tuples(st.integers(1, 3), st.integers(1, 90), st.integers(1, 90), st.integers(0, 2**32 - 1))


def pair(photo, sigma, shape=(180, 171)):
    image = photo(*shape, top=0, left=0)
    noise = np.random.default_rng(1).normal(0, sigma, image.shape)
    return np.clip(image + noise, 0, 255).round().astype(np.uint8), image


def worst(a, b):
    """Largest difference of any term at any level between the three ways to compute SSIM."""
    whole, exact = ArrayPair(a, b), ArrayPair(a.astype(float), b.astype(float))
    single = ArrayPair(a.astype(float), b.astype(float), single=True)
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
    assert ArrayPair(black, white).squared_error == pytest.approx(255**2, rel=1e-12)
    assert ArrayPair(black, white).absolute_error == pytest.approx(255, rel=1e-12)
