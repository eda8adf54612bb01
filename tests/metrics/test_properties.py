"""What must hold of every metric, whatever the images."""

from __future__ import annotations

import math

import numpy as np
import pytest
from helpers import METRICS, value_of
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import uniform_filter

from srbench.errors import ImageError, UndefinedMetricError
from srbench.metrics import l1, ms_ssim, mse, psnr, rmse, sharpness_error, ssim

BEST = {
    "psnr": math.inf,
    "psnr_shift": math.inf,
    "ssim": 1.0,
    "ms_ssim": 1.0,
    "l1": 0.0,
    "mse": 0.0,
    "rmse": 0.0,
    "sharpness_error": 0.0,
}


def noisy(image, sigma, seed=0):
    return image + np.random.default_rng(seed).normal(0, sigma, image.shape)


@pytest.fixture(params=METRICS.values(), ids=lambda metric: metric.name)
def metric(request):
    return request.param


def test_identity_is_best(metric, photo):
    assert value_of(metric, photo(170, 170), photo(170, 170)) == pytest.approx(BEST[metric.name], abs=1e-12)


def test_symmetric(metric, photo):
    a, b = photo(170, 170), noisy(photo(170, 170), 9)
    assert value_of(metric, a, b) == pytest.approx(value_of(metric, b, a), rel=1e-12)


def test_more_noise_is_worse(metric, photo):
    image = photo(170, 170)
    values = [value_of(metric, noisy(image, sigma), image) for sigma in (2, 8, 32)]
    assert values == sorted(values, reverse=metric.higher_is_better)
    assert len(set(values)) == 3


def test_turning_both_changes_nothing(metric, photo):
    a, b = photo(170, 180).astype(float), noisy(photo(170, 180), 9)
    turned = [np.rot90(image, 2, axes=(1, 2)) for image in (a, b)]
    # MS-SSIM halves from the top left, so that an odd edge falls elsewhere.
    tolerance = 1e-3 if metric.name == "ms_ssim" else 1e-12
    assert value_of(metric, *turned) == pytest.approx(value_of(metric, a, b), rel=tolerance)


def test_one_plane_with_or_without_its_axis(metric, photo):
    a, b = photo(170, 170)[0], noisy(photo(170, 170)[0], 9)
    assert value_of(metric, a, b) == value_of(metric, a[None], b[None])


def test_what_cannot_be_compared(metric):
    with pytest.raises(ImageError, match="cannot be compared"):
        value_of(metric, np.zeros((3, 4, 4)), np.zeros((3, 4, 5)))
    with pytest.raises(ImageError, match="expected images"):
        value_of(metric, np.zeros(4), np.zeros(4))
    with pytest.raises(ImageError, match="at least one sample"):
        value_of(metric, np.zeros((3, 0, 4)), np.zeros((3, 0, 4)))
    with pytest.raises(ImageError, match="NaN or infinite"):
        value_of(metric, np.full((1, 4, 4), np.nan), np.zeros((1, 4, 4)))


@settings(max_examples=50)
@given(difference=st.integers(1, 255))
def test_a_constant_difference_by_hand(difference):
    a, b = np.zeros((3, 5, 5), np.uint8), np.full((3, 5, 5), difference, np.uint8)
    assert l1(a, b) == rmse(a, b) == difference
    assert mse(a, b) == difference**2
    assert psnr(a, b) == pytest.approx(20 * math.log10(255 / difference))


def test_psnr_pools_planes_and_ssim_averages_them(photo):
    a, b = photo(), photo().astype(float)
    b[0] = noisy(b[0], 20)
    pooled, averaged = psnr(a, b, data_range=255.0), ssim(a, b, data_range=255.0)
    assert pooled == pytest.approx(psnr(a[0], b[0], data_range=255.0) + 10 * math.log10(3))
    assert averaged == pytest.approx((ssim(a[0], b[0], data_range=255.0) + 2) / 3)


def test_too_small_is_undefined_not_zero():
    with pytest.raises(UndefinedMetricError, match="needs 11 on each side"):
        ssim(np.zeros((1, 10, 30), np.uint8), np.zeros((1, 10, 30), np.uint8))
    with pytest.raises(UndefinedMetricError, match="need 161 on each side"):
        ms_ssim(np.zeros((1, 160, 300), np.uint8), np.zeros((1, 160, 300), np.uint8))
    assert ms_ssim(np.zeros((1, 161, 161), np.uint8), np.zeros((1, 161, 161), np.uint8)) == 1


def test_negative_structure_is_undefined(photo):
    image = photo(170, 170).astype(float)
    with pytest.raises(UndefinedMetricError, match="negative structure"):
        ms_ssim(255 - image, image, data_range=255.0)


def test_sharpness_by_an_independent_laplacian(photo):
    from scipy.ndimage import laplace

    hr = photo().astype(float)
    sr = np.stack([uniform_filter(plane, 3) for plane in hr])
    energies = [np.mean([laplace(plane)[1:-1, 1:-1] ** 2 for plane in image]) for image in (sr, hr)]
    assert sharpness_error(sr, hr) == pytest.approx(10 * math.log10(energies[1] / energies[0]))
    assert sharpness_error(hr * 0.5, hr) == pytest.approx(20 * math.log10(2))


@pytest.mark.parametrize(("shape", "message"), [((1, 2, 9), "needs 3 pixels"), ((1, 5, 5), "no detail at all")])
def test_sharpness_of_nothing_is_undefined(shape, message):
    with pytest.raises(UndefinedMetricError, match=message):
        sharpness_error(np.zeros(shape), np.zeros(shape))


def test_data_range_scales_with_the_images(photo):
    a, b = photo(170, 170).astype(float), noisy(photo(170, 170), 9)
    for function in (psnr, ssim, ms_ssim):
        assert function(a / 255, b / 255, data_range=1.0) == pytest.approx(function(a, b, data_range=255.0), rel=1e-9)
