"""`srbench explain` against the figures that its rules are known to give."""

from __future__ import annotations

import json

import numpy as np
import pytest

import srbench
from srbench.cards import installed_cards
from srbench.errors import RequestError
from srbench.files import write_image
from srbench.harness.literature.explain import Variant, explain, sentence


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


def test_the_verb(photos, cli):
    done = cli("explain", "--methods", "bicubic", "--datasets", photos, "--target", "20")
    assert done.code == 0
    assert max(len(line) for line in done.out.splitlines()) <= 80
    assert "20 dB is not what any single change" in " ".join(done.out.split())
    rows = json.loads(cli("explain", "--methods", "bicubic", "--datasets", photos, "--json").out)[0]["variants"]
    assert rows[0]["base"] is True
    assert {row["kind"] for row in rows} == {"protocol", "scoring", "LR"}
    assert cli("explain", "--methods", "bicubik", "--datasets", photos).code == 2
