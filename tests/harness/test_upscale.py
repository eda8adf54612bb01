"""`srbench upscale`: what a file says beside its pixels stays with it, and nothing is lost."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import ExifTags, ImageCms
from PIL import Image as Pil

from srbench.files import Photograph, read_image, read_photograph, write_image, write_photograph
from srbench.protocols import imresize

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.fixture
def camera(tmp_path, photo):
    """A file as a camera writes it: lying on its side, with a profile and a date."""
    exif = Pil.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.Make] = "A camera"
    path = tmp_path / "in" / "side.png"
    path.parent.mkdir()
    Pil.fromarray(photo(20, 30).transpose(1, 2, 0)).save(path, exif=exif, icc_profile=PROFILE)
    return path


@pytest.mark.parametrize("suffix", [".png", ".webp", ".tif", ".jpg"])
def test_a_photograph_keeps_profile_and_exif_and_is_upright(camera, cli, tmp_path, suffix):
    done = cli("upscale", camera, "-o", tmp_path / f"out{suffix}", "--method", "nearest", "--scale", "2")
    assert (done.code, "1 of 1 images" in done.out) == (0, True)
    with Pil.open(tmp_path / f"out{suffix}") as made:
        assert made.size == (40, 60)
        assert made.info["icc_profile"] == PROFILE
        assert made.getexif()[ExifTags.Base.Make] == "A camera"
        assert ExifTags.Base.Orientation not in made.getexif()
    if suffix != ".jpg":
        upright = read_image(camera)
        assert np.array_equal(read_image(tmp_path / f"out{suffix}"), upright.repeat(2, 1).repeat(2, 2))


def test_transparency_is_enlarged_by_bicubic(tmp_path, photo, cli):
    alpha = np.tile(np.arange(24, dtype=np.uint8) * 10, (20, 1))
    rgba = np.concatenate([photo(20, 24), alpha[None]]).transpose(1, 2, 0)
    Pil.fromarray(rgba).save(tmp_path / "a.png")
    assert cli("upscale", tmp_path / "a.png", "-o", tmp_path / "b.png", "--method", "bicubic", "--scale", "2").code == 0
    made = np.asarray(Pil.open(tmp_path / "b.png"))
    assert made.shape == (40, 48, 4)
    assert np.array_equal(made[..., 3], imresize(alpha[None], (40, 48))[0])
    lossy = cli("upscale", tmp_path / "a.png", "-o", tmp_path / "b.jpg", "--method", "bicubic", "--scale", "2")
    assert (lossy.code, "JPEG has no transparency" in lossy.err) == (1, True)
    assert not (tmp_path / "b.jpg").exists()


def test_a_grey_image_stays_grey(tmp_path, photo, cli):
    write_image(tmp_path / "grey.png", photo(20, 24)[:1])
    for method in ("bicubic", "srcnn", "edsr"):
        assert cli("upscale", tmp_path / "grey.png", "-o", tmp_path / f"{method}.png", "--method", method).code == 0
        assert read_image(tmp_path / f"{method}.png").shape == (1, 80, 96)


def test_it_is_the_runs_own_upscaling(tmp_path, photos, cli):
    import torch

    from srbench.cards import installed_cards
    from srbench.methods import find_method

    assert cli("upscale", photos, "-o", tmp_path / "out", "--method", "edsr").code == 0
    lr = read_image(photos / "one.png")
    upscaler = find_method("edsr", installed_cards()).build(
        4, find_method("edsr", installed_cards()).inference(4, _cpu())
    )
    with torch.inference_mode():
        expected = upscaler(torch.from_numpy(lr)[None].float() / 255)[0]
    found = read_image(tmp_path / "out" / "one.png")
    assert np.abs(found - (expected * 255).clamp(0, 255).numpy()).max() <= 0.51


def _cpu():
    from srbench.api import Inference

    return Inference()


def test_a_folder_keeps_its_names_and_overwrites_nothing(photos, tmp_path, cli):
    (photos / "broken.png").write_bytes(b"no image")
    words = ("upscale", photos, "-o", tmp_path / "out", "--method", "nearest", "--scale", "2")
    done = cli(*words)
    assert done.code == 1
    assert "3 of 4 images" in done.out
    assert "broken.png" in done.err
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["one.png", "three.png", "two.png"]
    again = cli(*words)
    assert (again.code, "add --overwrite" in again.err) == (2, True)
    assert cli(*words, "--overwrite").code == 1
    itself = cli("upscale", photos, "-o", photos, "--method", "nearest", "--overwrite")
    assert (itself.code, "is the image itself" in itself.err) == (2, True)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("absent.png", "-o", "x.png"), "no such image file"),
        (("one.png", "-o", "x.gif"), "name it .png"),
        (("one.png", "-o", "x.png", "--method", "edzr"), "did you mean"),
        (("one.png", "-o", "x.png", "--scale", "7"), "has no ×7"),
        (("one.png", "-o", "x.png", "--precision", "auto"), "is not one of"),
        ((".", "-o", "one.png"), "is a file"),
    ],
)
def test_what_cannot_be_done_is_one_line(photos, cli, monkeypatch, words, message):
    monkeypatch.chdir(photos)
    done = cli("upscale", *words)
    assert done.code in (1, 2)
    assert message in done.err
    assert len(done.err.splitlines()) == 1
    assert not (photos / "x.png").exists()


def test_a_palette_with_a_transparent_entry(tmp_path):
    picture = Pil.new("P", (4, 4), 1)
    picture.putpalette([0, 0, 0, 200, 100, 50])
    picture.info["transparency"] = 0
    picture.putpixel((0, 0), 0)
    picture.save(tmp_path / "p.png", transparency=0)
    found = read_photograph(tmp_path / "p.png")
    assert found.alpha[0, 0, 0] == 0
    assert found.alpha[0, 1:].min() == 255
    assert found.image[:, 2, 2].tolist() == [200, 100, 50]


def test_what_is_written_is_read_back(tmp_path, photo):
    whole = Photograph(photo(10, 12), photo(10, 12)[:1], PROFILE)
    for suffix in (".png", ".webp", ".tiff"):
        write_photograph(tmp_path / f"a{suffix}", whole)
        found = read_photograph(tmp_path / f"a{suffix}")
        assert np.array_equal(found.alpha, whole.alpha)
        seen = whole.alpha[0] > 0  # WebP forgets the colour of what cannot be seen
        assert np.array_equal(found.image[:, seen], whole.image[:, seen])
        assert found.profile == PROFILE
