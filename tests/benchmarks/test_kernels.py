"""Kernels on a 2040×1356 RGB pair, against the libraries that would be used otherwise.

What is asserted should hold on any processor; the ratio that is printed (`-s`) is the processor's.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from skimage.metrics import structural_similarity

from srbench.metrics import l1, ms_ssim, mse, psnr, ssim
from srbench.metrics.pair.window import GAUSSIAN
from srbench.protocols import imresize, luma, quantise


def scikit_image(sr, hr):
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 255}
    return structural_similarity(sr.astype(np.float64), hr.astype(np.float64), channel_axis=0, **options)


def five_passes(sr, hr):
    for x, y in zip(sr.astype(np.float32), hr.astype(np.float32), strict=True):
        for plane in (x, y, x * x, y * y, x * y):
            cv2.sepFilter2D(plane, cv2.CV_32F, GAUSSIAN, GAUSSIAN)


def test_ssim_is_5_times_as_fast_as_scikit_images(ratio, pair):
    assert ratio(lambda: ssim(*pair), lambda: scikit_image(*pair), rounds=2) < 1 / 5


def test_ssim_is_faster_than_opencvs_five_passes(ratio, pair):
    assert ratio(lambda: ssim(*pair), lambda: five_passes(*pair)) < 1


def test_ms_ssim_costs_half_as_much_again_as_ssim(ratio, pair):
    """1.5 on a Xeon."""
    assert ratio(lambda: ms_ssim(*pair), lambda: ssim(*pair), rounds=15) < 2.5


def test_psnr_mse_and_l1_together_are_little_beside_ssim(ratio, pair):
    assert ratio(lambda: (psnr(*pair), mse(*pair), l1(*pair)), lambda: ssim(*pair)) < 1 / 2


@pytest.mark.parametrize("metric", [psnr, ssim])
def test_a_tensor_costs_what_its_array_costs(ratio, pair, metric):
    tensors = [torch.from_numpy(image) for image in pair]
    assert ratio(lambda: metric(*tensors), lambda: metric(*pair), rounds=15) < 1.5


def test_resize_is_4_times_as_fast_as_the_gather_form_and_the_same(ratio, pair, gathered):
    _, hr = pair
    assert np.array_equal(imresize(hr, (339, 510)), gathered(hr, (339, 510)))
    assert ratio(lambda: imresize(hr, (339, 510)), lambda: gathered(hr, (339, 510))) < 1 / 4


def test_resize_takes_at_most_6_times_as_long_as_opencvs_area(ratio, pair):
    _, hr = pair
    interleaved = np.ascontiguousarray(hr.transpose(1, 2, 0))
    area = lambda: cv2.resize(interleaved, (510, 339), interpolation=cv2.INTER_AREA)  # noqa: E731
    assert ratio(lambda: imresize(hr, (339, 510)), area, rounds=15) < 6


def test_luma_and_rounding_are_little_beside_numpys(ratio, pair):
    _, hr = pair
    samples = hr.astype(np.float64)

    def in_numpy():
        red, green, blue = samples
        np.clip(np.floor(0.257 * red + 0.504 * green + 0.098 * blue + 16.5), 0, 255).astype(np.uint8)

    assert ratio(lambda: quantise(luma(hr)), in_numpy) < 1
