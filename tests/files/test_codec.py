"""Decoding: what is accepted, what is refused with one clear line, and that pixels survive."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image as Pil

from srbench.errors import ImageError
from srbench.files import pixel_sha256, read_image, to_rgb, write_image
from srbench.files.codec import MAX_PIXELS


def pil(image):
    return Pil.fromarray(image[0] if len(image) == 1 else np.ascontiguousarray(image.transpose(1, 2, 0)))


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif", "ppm", "webp"])
def test_lossless_formats_give_the_same_pixels(tmp_path, photo, suffix):
    path = tmp_path / f"a.{suffix}"
    pil(photo()).save(path, **({"lossless": True, "exact": True} if suffix == "webp" else {}))
    assert np.array_equal(read_image(path), photo())


@settings(max_examples=25, deadline=None)
@given(image=arrays(np.uint8, st.tuples(st.sampled_from([1, 3]), st.integers(1, 9), st.integers(1, 9))))
def test_written_images_read_back(tmp_path_factory, image):
    path = tmp_path_factory.mktemp("io") / "a.png"
    write_image(path, image)
    assert np.array_equal(read_image(path), image)
    assert [entry.name for entry in path.parent.iterdir()] == ["a.png"]


def test_grey_stays_one_plane(tmp_path, photo):
    pil(photo()).convert("L").save(tmp_path / "g.png")
    grey = read_image(tmp_path / "g.png")
    assert grey.shape == (1, 64, 64)
    assert np.array_equal(to_rgb(grey), np.repeat(grey, 3, axis=0))


@pytest.mark.parametrize("mode", ["1", "LA"])
def test_other_grey_modes_are_grey(tmp_path, photo, mode):
    pil(photo()).convert("L").convert(mode).save(tmp_path / "g.png")
    assert read_image(tmp_path / "g.png").shape == (1, 64, 64)


def test_palette_is_looked_up(tmp_path, photo):
    indexed = pil(photo()).quantize(16)
    indexed.save(tmp_path / "p.png")
    assert np.array_equal(read_image(tmp_path / "p.png"), np.asarray(indexed.convert("RGB")).transpose(2, 0, 1))


def test_opaque_alpha_is_dropped_and_transparency_refused(tmp_path, photo):
    picture = pil(photo()).convert("RGBA")
    picture.save(tmp_path / "opaque.png")
    assert np.array_equal(read_image(tmp_path / "opaque.png"), photo())
    picture.putpixel((3, 3), (0, 0, 0, 254))
    picture.save(tmp_path / "clear.png")
    with pytest.raises(ImageError, match=r"clear\.png: has transparent pixels"):
        read_image(tmp_path / "clear.png")


def test_exif_orientation_is_heeded(tmp_path, photo):
    exif = Pil.Exif()
    exif[0x0112] = 6  # turn a quarter clockwise to view
    pil(photo(40, 64)).save(tmp_path / "r.png", exif=exif)
    assert np.array_equal(read_image(tmp_path / "r.png"), np.rot90(photo(40, 64), -1, axes=(1, 2)))


def png_of_16_bit_rgb(path):
    """Pillow cannot write one: assembled by hand."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes(range(12)) for _ in range(2))
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 2, 16, 2, 0, 0, 0))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def test_16_bit_is_refused_grey_or_colour(tmp_path):
    Pil.fromarray(np.arange(16, dtype=np.uint16).reshape(4, 4) * 4096).save(tmp_path / "grey.png")
    png_of_16_bit_rgb(tmp_path / "colour.png")
    (tmp_path / "deep.ppm").write_bytes(b"P6 2 2 65535\n" + bytes(24))
    (tmp_path / "shallow.ppm").write_bytes(b"P6 2 2 100\n" + bytes(12))
    for name in ("grey.png", "colour.png", "deep.ppm", "shallow.ppm"):
        with pytest.raises(ImageError, match=f"{name}: samples are not 8-bit"):
            read_image(tmp_path / name)


def test_cmyk_is_refused(tmp_path, photo):
    pil(photo()).convert("CMYK").save(tmp_path / "c.jpg")
    with pytest.raises(ImageError, match="colour mode CMYK"):
        read_image(tmp_path / "c.jpg")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty file"),
        (b"not an image at all", "not an image"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "damaged|not an"),
    ],
)
def test_what_is_no_image_says_so(tmp_path, content, message):
    (tmp_path / "x.png").write_bytes(content)
    with pytest.raises(ImageError, match=rf"x\.png: .*({message})"):
        read_image(tmp_path / "x.png")


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "bmp"])
def test_truncated_files_are_refused(tmp_path, photo, suffix):
    path = tmp_path / f"t.{suffix}"
    pil(photo()).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(ImageError, match=rf"t\.{suffix}: (damaged|not an image)"):
        read_image(path)


def test_missing_file_and_directory(tmp_path):
    with pytest.raises(ImageError, match="no such image file"):
        read_image(tmp_path / "none.png")
    with pytest.raises(ImageError):
        read_image(tmp_path)


@pytest.mark.parametrize("side", [int(MAX_PIXELS**0.5) + 1, 60_000])
def test_a_bomb_is_refused_by_its_header(tmp_path, side):
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    start = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    idat = struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))
    (tmp_path / "bomb.png").write_bytes(start + idat)
    with pytest.raises(ImageError, match="bomb"):
        read_image(tmp_path / "bomb.png")


def test_writing_refuses_what_is_no_png_or_no_image(tmp_path, photo):
    with pytest.raises(ImageError, match=r"written as \.png"):
        write_image(tmp_path / "a.jpg", photo())
    with pytest.raises(ImageError, match="cannot write float32"):
        write_image(tmp_path / "a.png", photo().astype(np.float32))
    (tmp_path / "file").write_text("")
    with pytest.raises(ImageError, match="cannot be written"):
        write_image(tmp_path / "file" / "a.png", photo())


def test_pixel_hash_is_of_pixels_and_shape():
    flat = np.arange(12, dtype=np.uint8)
    hashes = {pixel_sha256(flat.reshape(shape)) for shape in [(3, 2, 2), (3, 1, 4), (1, 3, 4), (1, 4, 3)]}
    assert len(hashes) == 4
    # The documented rule, by hand: width x height x channels, a line feed, then interleaved rows.
    import hashlib

    interleaved = flat.reshape(3, 2, 2).transpose(1, 2, 0).tobytes()
    assert pixel_sha256(flat.reshape(3, 2, 2)) == hashlib.sha256(b"2x2x3\n" + interleaved).hexdigest()
