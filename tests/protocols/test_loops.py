"""Compiled loops of protocols, each run by Python, step by step."""

from __future__ import annotations

import numpy as np
import pytest

from srbench.protocols.loops import luma_rows, quantise_flat, resize_rows


def noise(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


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
