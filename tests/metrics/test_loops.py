"""SSIM's compiled loops, each run by Python, step by step."""

from __future__ import annotations

import numpy as np
import pytest

from srbench.metrics.pair.loops import halve_rows, ssim_rows


def noise(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize("kind", [np.uint8, np.float64])
def test_ssim_rows(kind):
    x, y = noise(17, 19).astype(kind), noise(17, 19, seed=1).astype(kind)
    taps = np.exp(-((np.arange(6) - 5) ** 2) / 4.5)
    taps /= 2 * taps[:5].sum() + taps[5]
    rest = (taps, 6.5025, 58.5225, 127.0, 128.0, 1, 6)
    assert ssim_rows(x, y, *rest) == pytest.approx(ssim_rows.py_func(x, y, *rest), rel=1e-12)


@pytest.mark.parametrize(("height", "width"), [(6, 8), (5, 7), (1, 1)])
def test_halve_rows(height, width):
    image = noise(height, width)
    shape = (height + 1) // 2, (width + 1) // 2
    done, again = np.zeros(shape, np.uint16), np.zeros(shape, np.uint16)
    halve_rows(image, done, 0, shape[0])
    halve_rows.py_func(image, again, 0, shape[0])
    assert np.array_equal(done, again)
    edges = np.pad(image, ((0, height % 2), (0, width % 2)), mode="edge").astype(int)
    assert np.array_equal(done, edges.reshape(shape[0], 2, shape[1], 2).sum((1, 3)))
