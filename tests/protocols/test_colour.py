"""BT.601 against scikit-image and against the standard's own corner values."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.color import rgb2ycbcr

from srbench.protocols import luma, rgb_to_ycbcr, ycbcr_to_rgb


def test_equals_scikit_image(photo):
    theirs = rgb2ycbcr(photo().transpose(1, 2, 0)).transpose(2, 0, 1)
    assert np.allclose(rgb_to_ycbcr(photo()), theirs, atol=1e-9)
    assert np.allclose(luma(photo())[0], theirs[0], atol=1e-9)


@pytest.mark.parametrize(("rgb", "y"), [((0, 0, 0), 16), ((255, 255, 255), 235), ((255, 0, 0), 81.481)])
def test_corners_of_the_cube(rgb, y):
    """255·65.481/255 + 16 = 81.481: the transposed coefficient 64.738 for 65.738 would give 80.5."""
    pixel = np.array(rgb, dtype=np.uint8).reshape(3, 1, 1)
    assert luma(pixel).item() == pytest.approx(y, abs=1e-9)


def test_inverse(photo):
    assert np.allclose(ycbcr_to_rgb(rgb_to_ycbcr(photo())), photo(), atol=1e-9)
