"""PSNR and edges of a result that is first moved by whole pixels to where it fits HR best."""

from __future__ import annotations

import itertools
import math

import cv2
import numpy as np
import pytest

import srbench
from srbench.api import MetricRequest
from srbench.errors import ImageError, RequestError, UndefinedMetricError
from srbench.metrics import erqa, psnr, psnr_shift
from srbench.metrics.aligned.erqa import load
from srbench.metrics.aligned.psnr_shift import psnr_shift_of
from srbench.metrics.pair.arrays import ArrayPair

SHIFTS = [*itertools.product(range(-3, 4), repeat=2)]


def noisy(image, sigma, seed=0):
    noise = np.random.default_rng(seed).normal(0, sigma, image.shape)
    return np.clip(image + noise, 0, 255).round().astype(np.uint8)


def seen_from(image, right, down, size=48):
    """A window of a larger image, moved so that what it shows lies `right` and `down` of where it was."""
    return image[:, 10 - down : 10 - down + size, 10 - right : 10 - right + size]


def remark(sr, hr):
    return psnr_shift_of(ArrayPair(sr, hr, 255.0)).remark


@pytest.mark.parametrize("kind", [np.uint8, np.float64])
@pytest.mark.parametrize(("right", "down"), [(0, 0), (1, 2), (-3, 3), (0, -2), (2, 0)])
def test_a_shifted_result_has_the_psnr_of_the_shared_pixels(photo, kind, right, down):
    whole = photo(70, 70).astype(kind)
    spoilt = noisy(whole, 6).astype(kind)
    shifted, hr = seen_from(spoilt, -right, -down), seen_from(whole, 0, 0)
    x, y = slice(max(0, right), 48 + min(0, right)), slice(max(0, down), 48 + min(0, down))
    expected = psnr(seen_from(spoilt, 0, 0)[:, y, x], hr[:, y, x], data_range=255.0)
    assert psnr_shift(shifted, hr, data_range=255.0) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("right", "down", "words"),
    [
        (0, 0, ""),
        (1, 2, "best when the result is moved 1 pixel right and 2 down"),
        (-1, 0, "best when the result is moved 1 pixel left"),
        (3, -1, "best when the result is moved 3 pixels right and 1 up"),
        (0, -2, "best when the result is moved 2 pixels up"),
    ],
)
def test_the_remark_says_how_to_move_the_result(photo, right, down, words):
    """The result shows everything as far left and up of HR as it has to be moved right and down."""
    whole = photo(70, 70)
    assert remark(noisy(seen_from(whole, -right, -down), 3), seen_from(whole, 0, 0)) == words


def test_it_is_the_best_of_49_written_out(photo):
    hr = photo(30, 40)
    sr = noisy(np.roll(hr, (1, -2), (1, 2)), 20)
    padded = np.pad(hr.astype(float), ((0, 0), (3, 3), (3, 3)), constant_values=np.nan)
    placed = [padded[:, 3 + down : 33 + down, 3 + right : 43 + right] for right, down in SHIFTS]
    least = min(np.nanmean((sr - part) ** 2) for part in placed)
    assert psnr_shift(sr, hr) == pytest.approx(10 * math.log10(255**2 / least), abs=1e-9)


def test_it_is_never_below_psnr(photo):
    for sigma in (1, 30):
        sr = noisy(photo(), sigma)
        assert psnr_shift(sr, photo()) >= psnr(sr, photo())


def test_of_equal_shifts_the_shortest_is_named():
    """Stripes of period 2 fit after every even number of pixels, and flat images anywhere."""
    stripes = np.tile(np.array([0, 200], np.uint8), (3, 20, 10))
    assert remark(stripes, stripes) == ""
    assert remark(stripes[..., ::-1], stripes).startswith("best when the result is moved 1 pixel ")
    assert remark(np.full_like(stripes, 8), np.full_like(stripes, 9)) == ""
    assert remark(np.full_like(stripes, 0.1, float), np.full_like(stripes, 0.4, float)) == ""


def test_a_run_notes_the_shift(photos):
    def shifted(lr, scale):
        return lr.repeat_interleave(scale, -2).repeat_interleave(scale, -1).roll((1, 1), (-2, -1))

    result = srbench.run(["nearest", shifted], datasets=str(photos), scale=2, metrics=["psnr", "psnr_shift"])
    table = result.leaderboard.set_index("method")
    assert table.loc["shifted", "psnr"] < table.loc["nearest", "psnr"] - 1
    assert table.loc["shifted", "psnr_shift"] == pytest.approx(table.loc["nearest", "psnr_shift"], abs=0.5)


def test_images_with_too_few_pixels():
    six, seven = np.zeros((3, 6, 9), np.uint8), np.zeros((3, 7, 9), np.uint8)
    for function in (psnr_shift, erqa):
        with pytest.raises(UndefinedMetricError, match="9×6 pixels are compared; shifts by up to 3 need 7"):
            function(six, six)
    assert psnr_shift(seven, seven) == math.inf


def pixel_by_pixel(sr, hr, version):
    """ERQA of aligned images, one edge pixel after the other; as in the package, opposite borders are neighbours."""
    ours, theirs = (cv2.Canny(image[::-1].transpose(1, 2, 0).copy(), 100, 200) > 0 for image in (sr, hr))
    height, width = ours.shape
    wanted, matched = set(zip(*theirs.nonzero(), strict=True)), set()
    left = set(wanted)
    for down, right in itertools.product((0, -1, 1), repeat=2):
        for y, x in zip(*ours.nonzero(), strict=True):
            near = (y - down) % height, (x - right) % width
            if (y, x) not in matched and near in left:
                matched.add((y, x))
                left -= {near} if version == "1.1" else set()
    missed = left if version == "1.1" else wanted - matched
    wrong = int(ours.sum()) - len(matched)
    return 2 * len(matched) / (2 * len(matched) + wrong + len(missed))


@pytest.mark.parametrize("version", ["1.1", "1.0"])
def test_erqa_pixel_by_pixel(photo, version):
    hr = photo(90, 90)
    for sigma in (5, 15, 40):
        sr = noisy(hr, sigma)
        value = erqa(sr, hr, version=version)
        assert 0 < value < 1
        assert value == pytest.approx(pixel_by_pixel(sr, hr, version), abs=1e-12)


@pytest.mark.parametrize("version", ["1.1", "1.0"])
def test_erqa_of_the_authors_package(photo, version):
    """`pip install --no-deps erqa`; of what it computes, only two images without a common edge are NaN there."""
    package = pytest.importorskip("erqa", reason="needs the authors' package: pip install --no-deps erqa")
    theirs, generator = package.ERQA(version=version), np.random.default_rng(0)
    hr = photo(120, 130)
    flat = hr // 64 * 64
    pairs = [(noisy(hr, sigma), hr) for sigma in (1, 8, 30)] + [(np.roll(flat, (2, -3), (1, 2)), flat), (flat, hr)]
    stripes = np.tile(np.repeat(np.array([0, 200], np.uint8), 2), (3, 40, 10))
    pairs += [(255 - stripes, stripes), (stripes[..., ::-1], stripes)]  # several shifts fit equally well
    pairs += [tuple(generator.integers(0, 256, (2, 3, side, 2 * side), dtype=np.uint8)) for side in (8, 31, 50)]
    for sr, truth in pairs:
        expected = theirs(*(np.ascontiguousarray(image[::-1].transpose(1, 2, 0)) for image in (sr, truth)))
        assert erqa(sr, truth, version=version) == pytest.approx(expected, abs=1e-6)


def test_erqa_forgives_a_shift_and_not_a_blur(photo):
    whole = photo(120, 120)
    hr = seen_from(whole, 0, 0, 96)
    assert erqa(seen_from(whole, 2, -3, 96), hr) == 1
    assert erqa(seen_from(whole, 5, 0, 96), hr) < 0.9
    blurred = cv2.GaussianBlur(hr.transpose(1, 2, 0), (0, 0), 1.5).transpose(2, 0, 1)
    assert erqa(blurred, hr) < erqa(noisy(hr, 4), hr)


def test_erqa_without_edges(photo):
    """None in the result is the worst there is; none in HR is nothing to find."""
    flat = np.full((3, 64, 64), 90, np.uint8)
    assert erqa(flat, photo()) == 0
    with pytest.raises(UndefinedMetricError, match="HR has no edges"):
        erqa(photo(), flat)


def test_wide_edges_cost_nothing_in_version_1_0():
    """Noise on a square's outline breaks its edges up into more pixels than HR has."""
    hr = np.zeros((3, 40, 40), np.uint8)
    hr[:, 10:30, 10:30] = 255
    sr = noisy(hr, 60)
    assert erqa(sr, hr, version="1.0") > erqa(sr, hr, version="1.1")


@pytest.mark.parametrize("wrong", [lambda image: image[:1], lambda image: image.astype(float)])
def test_erqa_is_of_8_bit_rgb(photo, wrong):
    with pytest.raises(ImageError, match="8-bit colour images; give uint8 RGB"):
        erqa(wrong(photo()), wrong(photo()))


def test_the_variant_is_the_version(photo):
    pair = ArrayPair(noisy(photo(), 20), photo(), 255.0)
    values = {version: load(MetricRequest("cpu", variant))(pair) for variant, version in (("", "1.1"), ("1.0", "1.0"))}
    assert values == {version: erqa(*pair.arrays(), version=version) for version in ("1.1", "1.0")}
    with pytest.raises(RequestError, match="no version '2'; choose 1.1 or 1.0"):
        load(MetricRequest("cpu", "2"))


def test_a_run_gives_erqa_where_there_is_rgb(photos):
    result = srbench.run("bicubic", datasets=str(photos), scale=2, protocol=["rgb", "srcnn-y"], metrics=["erqa"])
    values = result.leaderboard.set_index("protocol")["erqa"]
    assert 0 < values["rgb"] < 1
    assert math.isnan(values["srcnn-y"])
    assert any("only luma is upscaled" in note for note in result.notes)
