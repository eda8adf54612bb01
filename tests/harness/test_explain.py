"""`srbench explain` against the figures that its rules are known to give."""

from __future__ import annotations

import json

import numpy as np
import pytest

import srbench
from srbench.cards import installed_cards
from srbench.errors import RequestError
from srbench.files import write_image
from srbench.harness.literature.explain import explain, sentence
from srbench.harness.literature.variants import Variant


def explained(folder, method="bicubic", base="classic-y"):
    (found,) = explain([method], {"datasets": str(folder), "protocol": base, "device": "cpu"})
    assert not found.left_out
    return found.variants


@pytest.fixture(scope="module")
def bicubic_on_set5(benchmark_data):
    return {one.name: one for one in explained(benchmark_data / "Set5")}


@pytest.mark.parametrize(
    ("name", "psnr"),
    [
        ("classic-y", 28.429),
        ("srcnn-y", 28.421),
        ("Y rounded to 8 bits", 28.419),
        ("no border cut, Y rounded", 28.427),
        ("border of scale + 6, Y rounded", 28.438),
        ("RGB", 26.696),
        ("Y of full range", 27.110),
        ("MSE pooled over the images", 26.683),
        ("OpenCV cubic", 27.803),
        ("OpenCV linear", 28.308),
        ("Pillow Lanczos", 28.720),
    ],
)
def test_bicubic_on_set5_by_an_independent_measurement(bicubic_on_set5, name, psnr):
    assert bicubic_on_set5[name].psnr == pytest.approx(psnr, abs=0.005)


@pytest.mark.parametrize(("target", "words"), [(26.70, "RGB"), (27.11, "Y of full range"), (28.72, "Pillow Lanczos")])
def test_three_readers_are_answered(bicubic_on_set5, target, words):
    said = sentence(list(bicubic_on_set5.values()), target)
    assert words in said
    assert "a difference of rules, not of methods" in said


def test_protocols_are_what_runs_give(photos):
    found = {one.name: one for one in explained(photos) if one.kind == "protocol"}
    names = list(installed_cards().protocols)
    table = srbench.run("bicubic", datasets=str(photos), scale=4, protocol=names, metrics=("psnr", "ssim")).leaderboard
    assert set(found) == set(names)
    for row in table.to_dict("records"):
        assert found[row["protocol"]].psnr == pytest.approx(row["psnr"], abs=1e-6)
        assert found[row["protocol"]].ssim == pytest.approx(row["ssim"], abs=1e-5)


def test_a_method_of_rgb_has_no_luma_protocol(photos):
    assert "srcnn-y" not in {one.name for one in explained(photos, "edsr")}
    with pytest.raises(RequestError, match="upscales luma alone"):
        explained(photos, base="srcnn-y")


@pytest.mark.parametrize(("base", "planes"), [("classic-y", "RGB"), ("rgb", "Y"), ("edsr-div2k", "Y")])
def test_what_a_row_does_not_name_is_as_in_the_base_protocol(photos, base, planes):
    found = {one.name: one for one in explained(photos, base=base)}
    window = found["SSIM of a uniform 7 × 7 window"]
    assert window.psnr == pytest.approx(found[base].psnr, abs=1e-9)
    assert window.ssim != pytest.approx(found[base].ssim, abs=1e-4)
    assert {"Y", "RGB"} & set(found) == {planes}


def test_rgb_without_a_border_is_the_protocol_of_that_rule(photos):
    found = {one.name: one for one in explained(photos, base="rgb")}
    assert found["no border cut"].psnr == pytest.approx(found["rgb-full"].psnr, abs=1e-9)
    assert found["Y"].psnr == pytest.approx(found["classic-y"].psnr, abs=1e-9)


def test_what_is_said_of_a_target():
    variants = [Variant("protocol", "classic-y", 30.0, 0.9, base=True), Variant("LR", "OpenCV cubic", 29.0, 0.8)]
    assert sentence(variants, 30.01) == "30.01 dB is what classic-y itself gives: 30.000 dB."
    assert "LR made by OpenCV cubic (29.000 dB)" in sentence(variants, 29.01)
    assert "not what any single change of rules gives: the nearest is LR made by OpenCV cubic" in sentence(variants, 20)


def test_images_without_a_figure_are_left_out_and_named(photos, photo, cli):
    """A flat image is reproduced exactly; of a tiny one nothing is left inside the border."""
    write_image(photos / "flat.png", np.full((3, 64, 64), 9, np.uint8))
    write_image(photos / "tiny.png", photo(16, 16))
    (found,) = explain(["bicubic"], {"datasets": str(photos), "device": "cpu"})
    assert [reason.partition(":")[0] for reason in found.left_out] == ["flat", "tiny"]
    (photos / "flat.png").unlink()
    (photos / "tiny.png").unlink()
    assert found.variants == explained(photos)
    for path in photos.iterdir():
        path.unlink()
    write_image(photos / "flat.png", np.full((3, 64, 64), 9, np.uint8))
    done = cli("explain", "--methods", "bicubic", "--datasets", photos)
    assert (done.code, "no image has a score" in done.err, len(done.err.splitlines())) == (2, True, 1)


@pytest.fixture
def small(tmp_path, photo):
    """A folder of one image that is too small for a protocol that cuts 10 pixels from each side."""
    write_image(tmp_path / "small" / "small.png", photo(20, 20))
    return tmp_path / "small"


def test_rules_for_which_the_images_are_too_small_are_left_out_and_named(small, cli):
    (found,) = explain(["bicubic"], {"datasets": str(small), "device": "cpu"})
    names = {one.name for one in found.variants}
    assert {"classic-y", "no border cut", "MSE pooled over the images", "Pillow bicubic"} <= names
    assert not {"edsr-div2k", "border of scale + 6"} & names
    assert "the protocol edsr-div2k: a 20×20 image has nothing left inside a border of 10 pixels" in found.left_out[0]
    done = cli("explain", "--methods", "bicubic", "--datasets", small, "--target", "20")
    assert done.code == 0
    assert done.err.count("note: left out: ") == len(found.left_out) == 3


def test_many_small_images_are_not_left_out_for_one_protocol(small, photo):
    for name, side in {"medium": 22, "large": 64}.items():
        write_image(small / f"{name}.png", photo(side, side))
    (found,) = explain(["bicubic"], {"datasets": str(small), "device": "cpu"})
    assert all(" and 1 more)" in reason for reason in found.left_out if "medium" in reason)
    table = srbench.run("bicubic", datasets=str(small), metrics="psnr").leaderboard
    assert found.variants[0].psnr == pytest.approx(table["psnr"].item(), abs=1e-6)


def test_a_mean_of_ssim_over_some_of_the_images_is_not_shown(photos, photo):
    write_image(photos / "narrow.png", photo(24, 24))  # 16 pixels inside the border of 4, but 4 inside that of 10
    (found,) = explain(["bicubic"], {"datasets": str(photos), "device": "cpu"})
    ssims = {one.name: one.ssim for one in found.variants}
    assert ssims["classic-y"] is not None
    assert ssims["edsr-div2k"] is None


def test_a_method_that_fails_on_an_image_is_scored_on_the_others(photos, photo, tmp_path, cli):
    (tmp_path / "mine.py").write_text(
        "def some(lr, scale):\n"
        "    if lr.shape[-1] == 12: raise RuntimeError('out of ideas')\n"
        "    return lr.repeat_interleave(scale, -2).repeat_interleave(scale, -1)\n"
        "def none(lr, scale):\n"
        "    raise RuntimeError('out of ideas')\n"
    )
    options = {"datasets": str(photos), "device": "cpu"}
    (found,) = explain([f"{tmp_path}/mine.py:some"], options)
    assert found.left_out == ("three: raised RuntimeError: out of ideas",)
    both = cli("explain", "--methods", "./mine.py:none,bicubic", "--datasets", photos)
    assert both.code == 1
    assert "bicubic on ./photos ×4" in both.out
    assert "error: mine:none on ./photos: no image has a score (one: raised RuntimeError: out of ideas)" in both.err
    alone = cli("explain", "--methods", "./mine.py:none", "--datasets", photos)
    assert (alone.code, len(alone.err.splitlines()), alone.out) == (1, 1, "")


def not_json(name):
    raise AssertionError(f"{name} is not JSON")


def test_what_is_printed_has_no_infinity(photos, cli):
    write_image(photos / "flat.png", np.full((3, 64, 64), 9, np.uint8))
    done = cli("explain", "--methods", "bicubic,nearest", "--datasets", photos, "--json")
    assert [part["left_out"] for part in json.loads(done.out, parse_constant=not_json)] == [
        ["flat: PSNR has no value under classic-y: the result equals HR"]
    ] * 2
    refused = cli("explain", "--methods", "bicubic", "--datasets", photos, "--target", "nan")
    assert (refused.code, "expected a PSNR in dB" in refused.err) == (2, True)


def test_the_verb(photos, cli):
    done = cli("explain", "--methods", "bicubic", "--datasets", photos, "--target", "20")
    assert done.code == 0
    assert max(len(line) for line in done.out.splitlines()) <= 80
    assert "20 dB is not what any single change" in " ".join(done.out.split())
    rows = json.loads(cli("explain", "--methods", "bicubic", "--datasets", photos, "--json").out)[0]["variants"]
    assert rows[0]["base"] is True
    assert {row["kind"] for row in rows} == {"protocol", "scoring", "LR"}
    assert cli("explain", "--methods", "bicubik", "--datasets", photos).code == 2
