"""Resize, luma and rounding: the bits of the sums written in numpy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from srbench.protocols import imresize, luma, quantise_checked

images = st.tuples(st.integers(1, 3), st.integers(1, 90), st.integers(1, 90), st.integers(0, 2**32 - 1))


@settings(max_examples=60, deadline=None)
@given(images, st.integers(1, 120), st.integers(1, 120), st.sampled_from(["symmetric", "replicate"]))
def test_resize_is_the_gather_form_to_the_last_bit(gathered, shape, height, width, border):
    *size, seed = shape
    image = np.random.default_rng(seed).integers(0, 256, size, dtype=np.uint8)
    expected = gathered(image, (height, width), border)
    assert np.array_equal(imresize(image, (height, width), border=border), expected)
    samples = image / 7
    assert np.array_equal(imresize(samples, (height, width), border=border), gathered(samples, (height, width), border))


@pytest.mark.parametrize("scale", [2, 4, 8])
def test_extremes_survive_single_precision(gathered, scale):
    """Black and white in turns make the largest sums, and a factor of two powers computes them in float32."""
    side = 16 * scale
    checks = (np.indices((side, side)).sum(0) // scale % 2 * 255).astype(np.uint8)[None]
    assert np.array_equal(imresize(checks, (16, 16)), gathered(checks, (16, 16)))


def test_a_resize_leaves_its_input_alone_and_takes_any_layout(photo):
    image = photo(64, 48)
    image.setflags(write=False)
    turned = np.asfortranarray(image)
    assert np.array_equal(imresize(image, (16, 12)), imresize(turned, (16, 12)))
    assert np.array_equal(imresize(image[:, ::-1, ::-1], (16, 12)), imresize(image[:, ::-1, ::-1].copy(), (16, 12)))


def test_luma_is_numpys_to_the_last_bit(photo):
    red, green, blue = photo().astype(np.float64)
    assert np.array_equal(luma(photo())[0], 65.481 / 255 * red + 128.553 / 255 * green + 24.966 / 255 * blue + 16.0)
    view = photo(80, 80)[:, 3:-5, 7:-2]
    assert np.array_equal(luma(view), luma(view.copy()))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-4, 4, width=32), min_size=1, max_size=200))
def test_rounding_is_numpys_to_the_last_bit(values):
    samples = np.array(values, dtype=np.float32)
    expected = np.clip(np.floor(samples.astype(np.float64) * 255 + 2.0**-13 + 0.5), 0, 255).astype(np.uint8)
    rounded, plausible = quantise_checked(samples, factor=255.0, tie=2.0**-13, limit=4.0)
    assert plausible
    assert np.array_equal(rounded, expected)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 4.1, -4.1])
def test_rounding_sees_what_no_upscaler_should_return(bad):
    samples = np.zeros(10_000, np.float32)
    samples[7_777] = bad
    assert not quantise_checked(samples, factor=255.0, tie=0.0, limit=4.0)[1]
