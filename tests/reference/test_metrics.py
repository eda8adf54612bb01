"""Metrics against independent implementations: scikit-image, and MS-SSIM written here from the paper."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import correlate1d
from skimage.metrics import mean_squared_error, peak_signal_noise_ratio, structural_similarity

from srbench.metrics import ms_ssim, mse, psnr, ssim


def pairs(photo):
    for shape in [(64, 64), (65, 97), (180, 171)]:
        image = photo(*shape, top=0, left=0)
        for sigma in (1, 10, 60):
            noise = np.random.default_rng(sigma).normal(0, sigma, image.shape)
            yield image, np.clip(image + noise, 0, 255).round().astype(np.uint8)


def test_psnr_to_a_billionth_of_a_db(photo):
    for a, b in pairs(photo):
        assert psnr(b, a) == pytest.approx(peak_signal_noise_ratio(a, b, data_range=255), abs=1e-9)
        assert mse(b, a) == pytest.approx(mean_squared_error(a, b), rel=1e-12)


def test_ssim_to_a_millionth_of_scikit_images_valid_region(photo):
    for a, b in pairs(photo):
        for x, y in zip(a.astype(float), b.astype(float), strict=True):
            options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 255}
            _, whole = structural_similarity(x, y, full=True, **options)
            assert ssim(y, x, data_range=255.0) == pytest.approx(whole[5:-5, 5:-5].mean(), abs=1e-6)


@pytest.mark.parametrize(("kind", "white"), [(np.float32, 1.0), (np.float64, 1.0), (np.uint16, 65535)])
def test_other_ranges_to_scikit_images_digits(photo, kind, white):
    for a, b in pairs(photo):
        x, y = ((image * (white / 255)).astype(kind) for image in (b, a))
        expected = peak_signal_noise_ratio(y.astype(float), x.astype(float), data_range=white)
        assert psnr(x, y, data_range=white) == pytest.approx(expected, abs=1e-9)
        options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": white}
        planes = zip(x.astype(float), y.astype(float), strict=True)
        maps = [structural_similarity(*two, full=True, **options)[1] for two in planes]
        assert ssim(x, y, data_range=white) == pytest.approx(np.array(maps)[:, 5:-5, 5:-5].mean(), abs=1e-9)


def blurred(image):
    taps = np.exp(-(np.arange(-5, 6) ** 2) / 4.5)
    taps /= taps.sum()
    return correlate1d(correlate1d(image, taps, axis=0), taps, axis=1)[5:-5, 5:-5]


def ms_ssim_from_the_paper(x, y):
    """Wang, Simoncelli, Bovik 2003, equations 1 to 7; means of l, c, s maps over the valid region."""
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    weights = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333]
    result = 1.0
    for level, weight in enumerate(weights):
        mx, my = blurred(x), blurred(y)
        vx, vy, cov = blurred(x * x) - mx**2, blurred(y * y) - my**2, blurred(x * y) - mx * my
        cs = (2 * cov + c2) / (vx + vy + c2)
        luminance = (2 * mx * my + c1) / (mx**2 + my**2 + c1)
        result *= ((luminance * cs) if level == 4 else cs).mean() ** weight
        x, y = (halved(image) for image in (x, y))
    return result


def halved(image):
    """Each kept pixel is the mean of itself and its right, lower and diagonal neighbours, the last mirrored."""
    rows = [min(i + 1, image.shape[0] - 1) for i in range(image.shape[0])]
    columns = [min(j + 1, image.shape[1] - 1) for j in range(image.shape[1])]
    mean = (image + image[rows] + image[:, columns] + image[rows][:, columns]) / 4
    return mean[::2, ::2]


@pytest.mark.parametrize("shape", [(161, 161), (176, 200), (181, 163), (200, 333)])
def test_ms_ssim_equals_the_papers_formula(photo, shape):
    image = photo(*shape, top=0, left=0).astype(float)
    other = image + np.random.default_rng(1).normal(0, 12, image.shape)
    expected = np.mean([ms_ssim_from_the_paper(x, y) for x, y in zip(other, image, strict=True)])
    assert ms_ssim(other, image, data_range=255.0) == pytest.approx(expected, abs=1e-12)
