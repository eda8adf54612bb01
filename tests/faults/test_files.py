"""Files that are damaged, of another kind, or named in a way that cannot be used: images, LR and weights."""

from __future__ import annotations

import io
import os
import pickle
import re
import shutil
import socket
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from planted import METHODS, answered, in_process, of, records, row, run_of
from safetensors.torch import save

from srbench.files import read_image, write_image
from srbench.protocols import imresize

RAMP = Image.fromarray(np.add.outer(np.arange(48), np.arange(48 * 3)).reshape(48, 48, 3).astype(np.uint8))


def encoded(kind, mode="RGB", picture=RAMP, **options):
    content = io.BytesIO()
    picture.convert(mode).save(content, kind, **options)
    return content.getvalue()


def half(content):
    return content[: len(content) // 2]


def sized(width, height):
    """A PNG whose header claims another size."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return PNG[:12] + header + struct.pack(">I", zlib.crc32(header)) + PNG[33:]


def translucent():
    picture = RAMP.convert("RGBA")
    picture.putalpha(100)
    return picture


PNG = encoded("PNG")
TURNED = {"save_all": True, "append_images": [RAMP.rotate(90)]}
SIXTEEN = Image.fromarray(np.arange(48 * 48, dtype=np.uint16).reshape(48, 48))
NO_IMAGE = "not an image that can be decoded; expected PNG, BMP, JPEG, WebP, TIFF or PPM$"
IMAGES = [
    row("truncated-png.png", half(PNG), 1, "damaged or unreadable image .image file is truncated.; replace the file$"),
    row("truncated-jpg.jpg", half(encoded("JPEG")), 1, "damaged or unreadable image"),
    row("truncated-bmp.bmp", half(encoded("BMP")), 1, "damaged or unreadable image .image file is truncated"),
    row("truncated-tif.tif", half(encoded("TIFF")), 1, "damaged or unreadable|not an image"),
    row("truncated-ppm.ppm", half(encoded("PPM")), 1, "damaged or unreadable image .image file is truncated"),
    row("truncated-webp.webp", half(encoded("WEBP", lossless=True)), 1, "damaged or unreadable image"),
    row("empty.png", b"", 1, "empty.png: empty file; expected PNG"),
    row("one-byte.png", PNG[:1], 1, NO_IMAGE),
    row("header-alone.png", PNG[:33], 1, NO_IMAGE),
    row("page.png", b"<!doctype html><p>Quota exceeded", 1, NO_IMAGE),
    row("zeros.png", bytes(5000), 1, NO_IMAGE),
    row("pdf.png", b"%PDF-1.7\n", 1, NO_IMAGE),
    row("gif.png", encoded("GIF", "P"), 1, NO_IMAGE),
    row("wrong-checksum.png", PNG[:29] + b"\xff" + PNG[30:], 1, NO_IMAGE),
    row("two-billion-wide.png", sized(2**31 - 1, 2**31 - 1), 1, "exceeds 150,000,000 pixels"),
    row("bomb.png", sized(60_000, 60_000), 1, "60000×60000 exceeds 150,000,000 pixels .a bomb"),
    row("no-pixels.png", sized(0, 0), 1, NO_IMAGE),
    row("more-rows-than-data.png", sized(48, 96), 1, "damaged or unreadable image"),
    row("one-pixel.png", encoded("PNG", picture=RAMP.resize((1, 1))), 1, "a 1×1 image is smaller than one LR pixel"),
    row("sixteen-bit.png", encoded("PNG", "I;16", SIXTEEN), 1, "samples are not 8-bit"),
    row("floats.tif", encoded("TIFF", "F"), 1, "samples are not 8-bit"),
    row("cmyk.jpg", encoded("JPEG", "CMYK"), 1, "colour mode CMYK has no unique RGB form"),
    row("lab.tif", encoded("TIFF", "LAB"), 1, "colour mode LAB has no unique RGB form"),
    row("transparent.png", encoded("PNG", "RGBA", translucent()), 1, "has transparent pixels; flatten the image"),
    row("animated.png", encoded("PNG", **TURNED), 1, "holds several frames or pages"),
    row("pages.tif", encoded("TIFF", **TURNED), 1, "holds several frames or pages"),
    row("png.jpg", PNG, 0, ""),
    row("jpeg.png", encoded("JPEG", quality=100), 0, ""),
    row("-leading-dash.png", PNG, 0, ""),
    row("--help.png", PNG, 0, ""),
    row("with a space, and comma.png", PNG, 0, ""),
    row("%s{}[0]:x.png", PNG, 0, ""),
    row("ONE.PNG", PNG, 0, ""),
    row("x" * 251 + ".png", PNG, 0, ""),
    row("strange-profile.png", encoded("PNG", icc_profile=b"nonsense"), 0, ""),
]


@pytest.fixture(scope="module")
def images(undisturbed, tmp_path_factory):
    """A run over all these images and the sound ones."""
    place = tmp_path_factory.mktemp("images")
    shutil.copytree(undisturbed / "photos", place / "photos")
    for one in IMAGES:
        (place / "photos" / one.id).write_bytes(one.values[0])
    return in_process(place, run_of()), records(place / "run")


@pytest.mark.parametrize(
    ("name", "content", "code", "line"), [pytest.param(one.id, *one.values, id=one.id[:40]) for one in IMAGES]
)
def test_an_image_fails_alone(images, expected, name, content, code, line):
    answer, found = images
    for method in METHODS:
        record = found[method, name.rpartition(".")[0]]
        assert record["status"] == ("failed" if code else "ok")
        assert re.search(line, record["error"] or ""), record["error"]
        assert not code or f"failed: {record['error']}" in answer.stderr
    sound = {key: record for key, record in found.items() if key in expected}
    assert {key: record["scores"] for key, record in sound.items()} == {
        key: record["scores"] for key, record in of(expected, *METHODS).items()
    }
    assert "Traceback" not in answer.stdout + answer.stderr
    failed = sum(one.values[1] for one in IMAGES) * len(METHODS)
    assert f"error: {failed} of {len(found)} records failed; see the notes above\n" in answer.stderr


def named(name):
    return lambda photos: (photos / name).write_bytes(PNG)


def linked(target):
    return lambda photos: (photos / "bad.png").symlink_to(target)


def listens(photos):
    with socket.socket(socket.AF_UNIX) as one:
        here = os.open(photos, os.O_DIRECTORY)
        one.bind(f"/proc/self/fd/{here}/bad.png")
        os.close(here)


IRREGULAR = "photos/bad.png: is a broken link or not a regular file; remove it from the folder$"
FOLDERS = [
    row("pipe", lambda photos: os.mkfifo(photos / "bad.png"), 2, IRREGULAR),
    row("loop", linked("bad.png"), 2, IRREGULAR),
    row("broken link", linked("nowhere"), 2, IRREGULAR),
    row("endless device", linked("/dev/zero"), 2, IRREGULAR),
    row("socket", listens, 2, IRREGULAR),
    row("one id twice", named("one.jpg"), 2, "one.jpg and one.png share the id 'one'; rename one$"),
    row("line feed", named("a\nb.png"), 2, r"the name 'a\\nb.png' cannot be printed; rename it to printable UTF-8$"),
    row("escape", named("a\x1b[31m.png"), 2, r"the name 'a\\x1b\[31m.png' cannot be printed"),
    row("no text", named("a\udcff.png"), 2, r"the name 'a\\udcff.png' cannot be printed"),
    row("right to left", named("a\u202egpj.png"), 2, r"the name 'a\\u202egpj.png' cannot be printed"),
    row("empty", lambda photos: [path.unlink() for path in photos.iterdir()], 2, "photos: holds no images .looked for"),
    row("gone", shutil.rmtree, 2, "photos: no such folder; check the path$"),
    row(
        "a file",
        lambda photos: (shutil.rmtree(photos), photos.touch()),
        2,
        "photos: is a file; name",
    ),
    row("empty HR", lambda photos: (photos / "HR").mkdir(), 2, "photos: holds no images"),
]


@pytest.mark.parametrize(("plant", "code", "line"), FOLDERS)
def test_a_folder_that_is_no_dataset_is_refused(refused, place, plant, code, line):
    plant(place / "photos")
    refused(code, line, *run_of())


LR = "photos/LR_bicubic/X2"
FILE = f"{LR}/onex2.png"
GIVEN = [
    row("another size", lambda: write_image(FILE, np.zeros((3, 20, 24), np.uint8)), 1, "LR is 24×20, expected 24×24"),
    row(
        "missing", lambda: Path(FILE).unlink(), 1, "one: no LR file for ×2 in folder X2; add it or leave out --lr given"
    ),
    row("cut", lambda: os.truncate(FILE, 60), 1, "onex2.png: damaged or unreadable image"),
    row("empty", lambda: os.truncate(FILE, 0), 1, "onex2.png: empty file"),
    row("of another image", lambda: shutil.copy(f"{LR}/twox2.png", FILE), 0, "given LR differs from the protocol's in"),
    row(
        "grey", lambda: write_image(FILE, np.zeros((1, 24, 24), np.uint8)), 0, "given LR differs from the protocol's in"
    ),
    row("all missing", lambda: shutil.rmtree(LR), 2, "has no LR files for ×2; leave out --lr given to make LR$"),
    row(
        "two of one image",
        lambda: shutil.copy(FILE, f"{LR}/one.png"),
        2,
        "one.png and onex2.png are both 'one'; remove",
    ),
    row("pipe", lambda: (Path(FILE).unlink(), os.mkfifo(FILE)), 2, "onex2.png: is a broken link or not a regular file"),
]


@pytest.mark.parametrize(("plant", "code", "line"), GIVEN)
def test_given_lr(cli, place, expected, plant, code, line):
    (place / "photos" / "HR").mkdir()
    for path in place.glob("photos/*.png"):
        image = read_image(path)
        path.rename(path.parent / "HR" / path.name)
        write_image(place / LR / f"{path.stem}x2.png", imresize(image, (24, 24)))
    plant()
    answered(cli(*run_of(), "--lr", "given"), code, line)
    if code < 2:
        found = records(place / "run")
        others = [key for key in of(expected, *METHODS) if key[1] != "one"]
        assert {key: found[key]["scores"] for key in others} == {key: expected[key]["scores"] for key in others}


class Code:
    """Writes a file when it is unpickled."""

    def __reduce__(self):
        return os.mkdir, ("executed",)


NO_WEIGHTS = "cannot be read as safetensors, nor as a plain state_dict of tensors"
WEIGHTS = [
    row("empty.pt", b"", 2, "empty.pt: is empty, not a weight file for edsr@mine; check the path$"),
    row("text.pt", b"weights", 2, "text.pt: is text, not a weight file for edsr@mine; check the path$"),
    row("page.pt", b"<!doctype html><p>Quota", 2, "page.pt: is a web page, not a weight file for edsr@mine; check"),
    row("code.pt", pickle.dumps(Code(), protocol=2), 1, f"code.pt: {NO_WEIGHTS}"),
    row("number.pt", pickle.dumps(3, protocol=2), 1, f"number.pt: {NO_WEIGHTS}"),
    row("empty.safetensors", b"", 2, "empty.safetensors: is empty, not a weight file for edsr@mine; check"),
    row("text.safetensors", b"weights " * 9, 2, "text.safetensors: is text, not a weight file for edsr@mine; check"),
    row("cut.safetensors", b"\x40\0\0\0\0\0\0\0{", 1, f"cut.safetensors: {NO_WEIGHTS}"),
    row("lengthy.safetensors", struct.pack("<Q", 2**62) + b"{}", 1, f"lengthy.safetensors: {NO_WEIGHTS}"),
    row("no-tensors.safetensors", struct.pack("<Q", 2) + b"{}", 1, "no-tensors.safetensors: does not fit .* missing"),
    row(
        "strange-tensor.safetensors",
        save({"a": torch.ones(3)}),
        1,
        "strange-tensor.safetensors: does not fit EDSR: missing",
    ),
]


@pytest.mark.parametrize(
    ("name", "content", "code", "line"), [pytest.param(one.id, *one.values, id=one.id) for one in WEIGHTS]
)
def test_weights(cli, place, expected, name, content, code, line):
    """A file that is no weights is refused by its first bytes, or fails its own method, and is never executed."""
    (place / name).write_bytes(content)
    done = cli(*run_of(METHODS[0], "edsr@mine", METHODS[1]), "--weights", name)
    answered(done, code, line)
    assert not (place / "executed").exists()
    if code == 2:
        assert not (place / "run").exists()
    else:
        assert of(records(place / "run"), *METHODS) == of(expected, *METHODS)
