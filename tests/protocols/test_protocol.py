"""What each protocol does to HR and to a result, from its card."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image as Pil

from srbench.cards import installed_cards
from srbench.errors import ImageError
from srbench.protocols import Protocol, crop_border, imresize, luma, quantise

# A change of rule must be a new version: these hashes stand in published tables.
HASHES = {
    "classic-y": "71c3bbdd81b5",
    "edsr-div2k": "45aa823542c0",
    "lanczos-y": "fbd8f71dcc99",
    "rgb": "dc1b3cee517b",
    "rgb-full": "62cb6d932228",
    "srcnn-y": "91d4bb7a1bca",
}


def protocol(name):
    return Protocol(installed_cards().protocol(name).card)


def test_no_rule_changes_without_a_new_version():
    built_in = {
        name: entry.card.hash for name, entry in installed_cards().protocols.items() if entry.pack.name == "protocols"
    }
    assert built_in == HASHES


@pytest.mark.parametrize(
    ("name", "border"),
    [("classic-y", 4), ("srcnn-y", 4), ("rgb", 4), ("edsr-div2k", 10), ("lanczos-y", 4), ("rgb-full", 0)],
)
def test_crop_border_at_x4(name, border):
    assert protocol(name).crop_border(4) == border


@pytest.mark.parametrize("name", ["classic-y", "rgb", "edsr-div2k", "rgb-full"])
def test_matlab_protocols_share_one_lr(photo, name):
    lr = protocol(name).degradation.degrade(photo(66, 70), 4)
    assert lr.dtype == np.uint8
    assert np.array_equal(lr, imresize(photo(64, 68), (16, 17)))
    assert protocol(name).degradation == protocol("classic-y").degradation


@pytest.mark.parametrize("name", HASHES)
@pytest.mark.parametrize("planes", [1, 3])
def test_what_a_rule_refers_to_is_its_own_reference(photo, name, planes):
    """LR is made from the reference, which must be the LR of the whole image."""
    rule, hr = protocol(name).degradation, photo(37, 41)[:planes]
    reference = rule.reference(hr, 4)
    assert np.array_equal(rule.reference(reference, 4), reference)
    assert np.array_equal(rule.degrade(reference, 4), rule.degrade(hr, 4))


def test_lanczos_is_pillows(photo):
    picture = Pil.fromarray(photo().transpose(1, 2, 0)).resize((16, 16), Pil.Resampling.LANCZOS)
    lr = protocol("lanczos-y").degradation.degrade(photo(), 4)
    assert np.array_equal(lr, np.asarray(picture).transpose(2, 0, 1))


def test_srcnn_y_shrinks_rounded_luma_and_does_not_round_lr(photo):
    rule = protocol("srcnn-y").degradation
    y = np.floor(luma(photo()) + 0.5)
    lr = rule.degrade(photo(), 2)
    assert np.array_equal(rule.reference(photo(), 2), y)
    assert lr.dtype == np.float64
    assert np.allclose(lr, imresize(y, (32, 32)))
    assert (lr != np.floor(lr)).any()


def test_grey_is_luma_itself_under_srcnn_y_and_repeated_elsewhere(photo):
    grey = photo()[:1]
    assert np.array_equal(protocol("srcnn-y").degradation.reference(grey, 2), grey)
    assert np.array_equal(protocol("srcnn-y").compared(grey, 2), grey[:, 2:-2, 2:-2])
    assert protocol("classic-y").degradation.degrade(grey, 2).shape == (3, 32, 32)
    in_range = protocol("classic-y").compared(grey, 2)
    assert np.allclose(in_range, 16 + grey[:, 2:-2, 2:-2] * (219 / 255))


def test_what_is_compared(photo):
    image = photo()
    assert np.array_equal(protocol("classic-y").compared(image, 4), luma(image)[:, 4:-4, 4:-4])
    assert np.array_equal(protocol("srcnn-y").compared(image, 4), np.floor(luma(image) + 0.5)[:, 4:-4, 4:-4])
    assert np.array_equal(protocol("edsr-div2k").compared(image, 2), image[:, 8:-8, 8:-8])
    assert np.array_equal(protocol("rgb-full").compared(image, 4), image)


def test_nothing_left_inside_the_border():
    with pytest.raises(ImageError, match="nothing left inside a border of 4"):
        crop_border(np.zeros((3, 8, 20)), 4)


@given(arrays(np.float64, 20, elements=st.floats(-300, 600)))
def test_quantise_rounds_half_up_and_clips(values):
    result = quantise(values)
    inside = (values >= 0) & (values <= 255)
    assert (np.abs(result[inside] - values[inside]) <= 0.5).all()
    assert (result[values < 0] == 0).all()
    assert (result[values > 255] == 255).all()
    assert quantise(np.array([0.5, 1.5, 2.5])).tolist() == [1, 2, 3]
