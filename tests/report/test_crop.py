"""Crops: given ones inside the image, automatic ones where something differs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from srbench.errors import RequestError
from srbench.report import Box, most_different, read_box


def test_a_box_is_what_was_written():
    box = read_box("3, 4,1,2", (10, 8))
    assert box == Box(3, 4, 1, 2)
    image = np.arange(80, dtype=np.uint8).reshape(1, 10, 8)
    assert box.cut(image).tolist() == [[[4 * 8 + 3], [5 * 8 + 3]]]


@pytest.mark.parametrize("text", ["", "1,2,3", "a,b,c,d", "0,0,0,1", "-1,0,1,1", "0,0,9,1", "0,9,1,2", "auto"])
def test_a_box_that_is_none(text):
    with pytest.raises(RequestError, match="crop"):
        read_box(text, (10, 8))


@settings(deadline=None)
@given(
    st.integers(4, 40), st.integers(4, 40), st.integers(1, 4), st.integers(1, 4), st.integers(1, 3), st.integers(0, 99)
)
def test_boxes_have_the_largest_sums_of_variance(height, width, down, across, count, seed):
    generator = np.random.default_rng(seed)
    images = [np.repeat(generator.integers(0, 256, (1, height, width), dtype=np.uint8), 3, axis=0) for _ in range(3)]
    found = most_different(images, (down, across), count)
    assert all((box.height, box.width) == (down, across) for box in found)
    # Grey images: their luma is a multiple of the plane.
    variance = np.var([image[0].astype(float) for image in images], axis=0)
    sums = np.lib.stride_tricks.sliding_window_view(variance, (down, across)).sum(axis=(2, 3))
    first = found[0]
    assert sums[first.top, first.left] == pytest.approx(sums.max())
    taken = np.zeros((height, width), int)
    for box in found:
        taken[box.top : box.top + down, box.left : box.left + across] += 1
    assert taken.max() == 1


def test_equal_images_are_shown_in_the_middle(photo):
    image = photo(40, 60)
    assert most_different([image, image.copy()], (10, 20), 3) == [Box(20, 15, 20, 10)]


def test_fewer_boxes_than_asked_for_where_no_more_differs(photo):
    image = photo(40, 60)
    changed = image.copy()
    changed[:, 20:24, 30:33] ^= 64
    found = most_different([image, changed], (12, 12), 3)
    assert len(found) == 1
    assert found[0].left <= 30
    assert found[0].left + 12 >= 33
