"""TIFF files of every kind that tifffile writes: the same pixels, or one line."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile
from PIL import Image as Pil

from srbench.errors import ImageError
from srbench.files import read_image

PLANAR = {"photometric": "rgb", "planarconfig": "separate"}


def written(path, samples, **options):
    tifffile.imwrite(path, samples, metadata=None, **options)
    return path


@pytest.mark.parametrize(
    "options",
    [{}, {"tile": (32, 32)}, {"byteorder": ">"}, {"bigtiff": True}, {"compression": "zlib"},
     {"compression": "zlib", "predictor": True}],
    ids=str,
)  # fmt: skip
def test_8_bit_samples_are_read_as_they_are(tmp_path, photo, options):
    image = photo(48, 80)
    chunky = np.ascontiguousarray(image.transpose(1, 2, 0))
    assert np.array_equal(read_image(written(tmp_path / "c.tif", chunky, photometric="rgb", **options)), image)
    assert np.array_equal(read_image(written(tmp_path / "g.tif", image[1], **options)), image[1:2])
    if "predictor" not in options:
        assert np.array_equal(read_image(written(tmp_path / "p.tif", image, **PLANAR, **options)), image)


def test_white_may_be_zero(tmp_path, photo):
    grey = photo()[1]
    assert np.array_equal(read_image(written(tmp_path / "w.tif", 255 - grey, photometric="miniswhite")), grey[None])


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("kind", ["u2", "i1", "i2", "u4", "i4", "f2", "f4", "f8"])
def test_samples_that_are_not_8_bit_are_refused(tmp_path, photo, kind, byteorder, compression):
    options = {"byteorder": byteorder, "compression": compression}
    image = (photo().astype(int) - (128 if kind == "i1" else 0)).astype(kind)
    written(tmp_path / "grey.tif", image[1], **options)
    written(tmp_path / "rgb.tif", np.ascontiguousarray(image.transpose(1, 2, 0)), photometric="rgb", **options)
    written(tmp_path / "planar.tif", image, **PLANAR, **options)
    for name in ("grey.tif", "rgb.tif", "planar.tif"):
        with pytest.raises(ImageError, match=rf"{name}: (samples are not 8-bit|not an image that can be decoded)"):
            read_image(tmp_path / name)


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("photometric", ["separated", "cielab", "ycbcr"])
def test_other_colours_are_refused(tmp_path, photo, photometric, compression):
    image = photo(48, 80).transpose(1, 2, 0)
    samples = np.dstack([image, image[..., :1]]) if photometric == "separated" else np.ascontiguousarray(image)
    path = written(tmp_path / "a.tif", samples, photometric=photometric, compression=compression)
    with pytest.raises(ImageError, match="has no unique RGB form"):
        read_image(path)


def test_jpeg_inside_a_tiff_is_a_jpeg(tmp_path, photo):
    image = photo(48, 80)
    picture = Pil.fromarray(np.ascontiguousarray(image.transpose(1, 2, 0)))
    picture.save(tmp_path / "a.tif", compression="jpeg", quality=100)
    assert np.abs(read_image(tmp_path / "a.tif").astype(int) - image).max() <= 8
