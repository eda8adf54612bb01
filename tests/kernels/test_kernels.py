"""Compiled loops against the same thing written plainly in numpy, and how they are spread and kept."""

from __future__ import annotations

import os
import signal
import time

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from srbench import parallel as machinery
from srbench.metrics.pair.arrays import ArrayPair
from srbench.parallel import banded, banded_planes, cores, plain
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


@given(rows=st.integers(1, 500), planes=st.integers(1, 4))
def test_bands_cover_every_row_once(rows, planes):
    found = banded(lambda start, stop: list(range(start, stop)), rows)
    assert [row for band in found for row in band] == list(range(rows))
    by_plane = banded_planes(lambda plane, start, stop: [(plane, row) for row in range(start, stop)], planes, rows)
    assert [[item for band in bands for item in band] for bands in by_plane] == [
        [(plane, row) for row in range(rows)] for plane in range(planes)
    ]


def test_what_a_band_raises_is_raised():
    def fail(start, stop):
        raise ValueError(f"{start}")

    with pytest.raises(ValueError, match="0"):
        banded(fail, 500)


def test_a_forked_process_starts_threads_of_its_own(photo):
    """It would otherwise wait for ever for its parent's."""
    if not hasattr(os, "fork"):
        pytest.skip("no fork here")
    expected = luma(photo(64, 64))
    child = os.fork()
    if child == 0:
        os._exit(0 if np.array_equal(luma(photo(64, 64)), expected) else 1)
    for _ in range(200):
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            break
        time.sleep(0.05)
    else:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        pytest.fail("the child waits for ever")
    assert status == 0


def test_cores_are_those_the_process_may_use(monkeypatch):
    cores.cache_clear()
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert cores() == 1
    cores.cache_clear()
    monkeypatch.setenv("OMP_NUM_THREADS", "100000")
    assert 1 <= cores() < 100000
    cores.cache_clear()


def test_an_array_that_is_plain_already_is_not_copied():
    array = np.zeros((3, 4))
    assert plain(array) is array
    assert plain(array.T).flags.c_contiguous
    assert plain(array, np.float32).dtype == np.float32


def test_without_a_folder_to_keep_it_in_a_loop_is_compiled_all_the_same(monkeypatch):
    """What numba says where neither the source's folder nor the user's cache can be written."""
    real = numba.njit

    def njit(**options):
        if options.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return real(**options)

    monkeypatch.setattr(numba, "njit", njit)

    @machinery.compiled()
    def double(values):
        return values.sum() * 2

    assert double(np.ones(3)) == 6
