"""Each compiled loop, run by Python instead, step by step: the compiler has freedom, and must not use it badly."""

from __future__ import annotations

import numpy as np
import pytest

from srbench.metrics.pair.loops import halve_rows, ssim_rows
from srbench.protocols.loops import luma_rows, quantise_flat, resize_rows


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


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("taps", [3, 8, 10])
def test_resize_rows(whole, taps):
    generator = np.random.default_rng(taps)
    image, shape = noise(14, 11), (5, 6)
    down, right = (generator.integers(0, side, (new, taps)) for side, new in zip(image.shape, shape, strict=True))
    weights = [(values := generator.random((new, taps))) / values.sum(1, keepdims=True) for new in shape]
    done, again = (np.zeros(shape, np.uint8 if whole else np.float64) for _ in range(2))
    for loop, out in ((resize_rows, done), (resize_rows.py_func, again)):
        loop(image, out, down, weights[0], right, weights[1], whole, 1, 5)
    assert np.array_equal(done, again)
    assert not done[0].any()
    assert done[1:].any()


def test_luma_rows():
    rgb, done, again = noise(3, 4, 5), np.zeros((4, 5)), np.zeros((4, 5))
    weights = np.array([0.257, 0.504, 0.098])
    luma_rows(rgb, weights, 16.0, done, 0, 4)
    luma_rows.py_func(rgb, weights, 16.0, again, 0, 4)
    assert np.array_equal(done, again)


def test_quantise_flat():
    values = np.array([0.0, 0.5 / 255, 1.5 / 255, 0.999, 1.0, 1.3, -0.2, 7.0], np.float32)
    done, again = np.zeros(8, np.uint8), np.zeros(8, np.uint8)
    rest = (255.0, 1e-4, 4.0)
    assert quantise_flat(values, *rest, done, 0, 8) == quantise_flat.py_func(values, *rest, again, 0, 8) == 1
    assert np.array_equal(done, again)
    assert list(done) == [0, 1, 2, 255, 255, 255, 0, 255]
