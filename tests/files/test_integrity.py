"""Files that decoders forgive: what is damaged is warned of or refused, and what is sound is neither."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pil

from srbench.errors import ImageError
from srbench.files import read_identified, read_image, read_with_warnings


def picture(photo, height=97, width=130):
    return Pil.fromarray(np.ascontiguousarray(photo(height, width).transpose(1, 2, 0)))


def encoded(image, kind, **options):
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def warnings_of(path, data):
    path.write_bytes(data)
    return read_with_warnings(path)[1]


def verdict(path, data):
    try:
        return warnings_of(path, data)
    except ImageError:
        return ("refused",)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(samples, *, rows=None, interlaced=0, size=None):
    """A PNG of grey samples, (H, W), of which only the first `rows` rows are in the data."""
    height, width = size or samples.shape
    lines = b"".join(b"\0" + row.tobytes() for row in samples[:rows])
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, interlaced)
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    return start + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")


def flipped(data, at):
    changed = bytearray(data)
    changed[at] ^= 0xFF
    return bytes(changed)


def zeroed(data, start, length):
    return data[:start] + bytes(length) + data[start + length :]


SOUND = {
    "png": ("PNG", {}),
    "jpeg": ("JPEG", {"quality": 90}),
    "optimised": ("JPEG", {"quality": 90, "optimize": True}),
    "progressive": ("JPEG", {"quality": 90, "progressive": True}),
    "restarts": ("JPEG", {"quality": 90, "restart_marker_blocks": 3}),
    "4:4:4": ("JPEG", {"quality": 97, "subsampling": 0, "restart_marker_rows": 1}),
    "webp": ("WEBP", {}),
}


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("name", SOUND)
def test_sound_files_are_warned_of_in_no_way(tmp_path, photo, name, mode):
    kind, options = SOUND[name]
    data = encoded(picture(photo).convert(mode), kind, **options)
    assert warnings_of(tmp_path / "a", data) == ()
    assert warnings_of(tmp_path / "a", data + b"a phone's video") == ()  # bytes after the end are nobody's pixels


@pytest.mark.parametrize("cut", [4, 12, 20])
def test_a_png_without_its_end(tmp_path, photo, cut):
    image = picture(photo)
    path = tmp_path / "a.png"
    found = warnings_of(path, encoded(image, "PNG")[:-cut])
    assert found == ("PNG is cut off: its last chunk, IEND, is missing",)
    assert np.array_equal(read_image(path), np.asarray(image).transpose(2, 0, 1))  # what is missing is no pixel


def test_a_wrong_checksum_of_a_png(tmp_path, photo):
    data = encoded(picture(photo), "PNG")
    assert warnings_of(tmp_path / "a", flipped(data, -13)) == ("checksum of the PNG's IDAT chunk is wrong",)
    noted = data[:-12] + flipped(chunk(b"tEXt", b"a\0b"), -1) + data[-12:]
    assert warnings_of(tmp_path / "a", noted) == ("checksum of the PNG's tEXt chunk is wrong",)


def test_rows_that_a_png_lacks(tmp_path, photo):
    """The data are a whole zlib stream, so that Pillow leaves the last rows black and says nothing."""
    grey = photo(40, 30)[0]
    with pytest.raises(ImageError, match=r"rows are missing at its end"):
        warnings_of(tmp_path / "a", png(grey, rows=33))
    black = np.concatenate([grey, np.zeros((7, 30), np.uint8)])
    assert warnings_of(tmp_path / "a", png(black)) == ()


def test_a_png_whose_header_is_not_its_first_chunk(tmp_path, photo):
    data = png(photo(16, 16)[0])
    assert warnings_of(tmp_path / "a", data[:8] + chunk(b"tEXt", b"a\0b") + data[8:]) == ()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_pngs_that_end_in_black(tmp_path, photo, mode):
    image = picture(photo)
    image.paste((0, 0, 0), (0, 60, 130, 97))
    data = encoded(image.convert(mode), "PNG")
    assert warnings_of(tmp_path / "a", data) == ()


@pytest.mark.parametrize(("height", "width"), [(1, 1), (3, 2), (5, 9), (16, 16)])
def test_an_interlaced_png(tmp_path, photo, height, width):
    grey = photo(height, width)[0]
    passes = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
    parts = [grey[top::down, left::across] for left, top, across, down in passes]
    lines = b"".join(b"\0" + row.tobytes() for part in parts if part.shape[1] for row in part)
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 1))
    path = tmp_path / "a.png"
    assert warnings_of(path, start + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")) == ()
    assert np.array_equal(read_image(path)[0], grey)
    if height > 1:
        fewer = lines[: -1 - width]
        with pytest.raises(ImageError, match="rows are missing"):
            warnings_of(path, start + chunk(b"IDAT", zlib.compress(fewer)) + chunk(b"IEND", b""))


@pytest.mark.parametrize("name", ["jpeg", "optimised", "restarts", "4:4:4"])
def test_half_a_jpeg_with_an_end(tmp_path, photo, name):
    """The decoder fills the rest with grey."""
    kind, options = SOUND[name]
    data = encoded(picture(photo), kind, **options)
    with pytest.raises(ImageError, match="ends too early, the rest was filled with grey"):
        warnings_of(tmp_path / "a.jpg", data[: len(data) // 2] + b"\xff\xd9")


def test_a_jpeg_that_is_grey_in_its_corner_is_sound(tmp_path, photo):
    image = picture(photo)
    image.paste((128, 128, 128), (60, 40, 130, 97))
    assert warnings_of(tmp_path / "a.jpg", encoded(image, "JPEG", quality=95)) == ()


def test_half_a_progressive_jpeg_with_an_end(tmp_path, photo):
    data = encoded(picture(photo), "JPEG", progressive=True)
    found = warnings_of(tmp_path / "a.jpg", data[: len(data) // 2] + b"\xff\xd9")
    assert "JPEG is incomplete: scans with finer detail are missing" in found


@pytest.mark.parametrize("name", ["jpeg", "optimised", "progressive", "restarts", "4:4:4"])
def test_a_jpeg_whose_middle_was_zeroed(tmp_path, photo, name):
    kind, options = SOUND[name]
    data = encoded(picture(photo, 192, 256), kind, **options)
    assert verdict(tmp_path / "a.jpg", zeroed(data, len(data) // 3, len(data) // 3))


def test_zeros_that_a_jpeg_may_hold(tmp_path):
    """With optimised tables, a flat area is nothing but zeros."""
    flat = Pil.fromarray(np.full((600, 600, 3), 200, np.uint8))
    data = encoded(flat, "JPEG", optimize=True)
    assert bytes(64) in data
    assert warnings_of(tmp_path / "a.jpg", data) == ()


def test_restart_markers_that_are_missing(tmp_path, photo):
    data = encoded(picture(photo), "JPEG", restart_marker_blocks=3)
    at = data.index(b"\xff\xd2")
    found = warnings_of(tmp_path / "a.jpg", data[:at] + data[data.index(b"\xff\xd4") :])
    assert found == ("JPEG's restart markers are not those its header announces",)


def test_bytes_between_the_segments_of_a_jpeg(tmp_path, photo):
    data = encoded(picture(photo), "JPEG")
    at = data.index(b"\xff\xda")
    found = warnings_of(tmp_path / "a.jpg", data[:at] + b"stray" + data[at:])
    assert found == ("JPEG has bytes between its segments that belong to none",)
    assert warnings_of(tmp_path / "a.jpg", data[:at] + b"\xff\xff" + data[at:]) == ()  # fill bytes are allowed


def test_a_jpeg_without_its_end(tmp_path, photo):
    """Pillow refuses most of these, and decodes those whose blocks were all there."""
    for height in range(64, 84):
        data = encoded(picture(photo, height), "JPEG", quality=75)[:-2]
        assert verdict(tmp_path / "a.jpg", data) in (
            ("JPEG is cut off: its end marker is missing",),
            ("refused",),
        )


def test_warnings_come_with_the_hash_too(tmp_path, photo):
    path = tmp_path / "a.png"
    path.write_bytes(encoded(picture(photo), "PNG")[:-12])
    assert len(read_identified(path).warnings) == 1


@pytest.mark.parametrize(("suffix", "kind"), [("png", "PNG"), ("webp", "WEBP"), ("tif", "TIFF")])
def test_animations_and_pages_are_refused(tmp_path, photo, suffix, kind):
    frames = [picture(photo), picture(photo).transpose(Pil.Transpose.ROTATE_180), picture(photo)]
    frames[0].save(tmp_path / f"a.{suffix}", kind, save_all=True, append_images=frames[1:])
    with pytest.raises(ImageError, match=rf"a\.{suffix}: holds several frames or pages; .*single images"):
        read_image(tmp_path / f"a.{suffix}")


def test_the_first_picture_of_a_cameras_jpeg_is_the_photograph(tmp_path, photo):
    image, path = picture(photo), tmp_path / "a.jpg"
    image.save(path, "MPO", save_all=True, append_images=[image.resize((65, 48))], quality=95)
    found, warnings = read_with_warnings(path)
    assert found.shape == (3, 97, 130)
    assert warnings == ("the first of 2 pictures in one file",)


def test_only_the_formats_that_are_named_are_read(tmp_path, photo):
    """Pillow would read them whatever their suffix, and start other programs for some."""
    for kind in ("GIF", "TGA", "JPEG2000", "ICO"):
        picture(photo).save(tmp_path / "a.png", kind)
        with pytest.raises(ImageError, match="not an image that can be decoded; expected PNG"):
            read_image(tmp_path / "a.png")


@pytest.mark.filterwarnings("ignore")  # Pillow's own, of metadata
@settings(max_examples=300, deadline=None)
@given(kind=st.sampled_from(["PNG", "JPEG", "MPO", "TIFF", "WEBP", "BMP"]), random=st.randoms(use_true_random=False))
def test_whatever_is_damaged_is_an_image_error_or_none(tmp_path_factory, photo, kind, random):
    image = picture(photo, 33, 41)
    several = {"save_all": True, "append_images": [image.rotate(9)]} if kind in ("MPO", "TIFF") else {}
    data = bytearray(encoded(image, kind, **several))
    for _ in range(random.randint(1, 4)):
        at = random.randrange(min(len(data), 700))
        data[at : at + random.randint(0, 3)] = random.randbytes(random.randint(0, 4))
    verdict(tmp_path_factory.getbasetemp() / "damaged", bytes(data))
