"""Pictures: the same crop three times over, a PSNR that is the protocol's, and what looks wrong is said."""

from __future__ import annotations

import re

import numpy as np
import pytest

from srbench.images import read_image
from srbench.pictures import CROP


def test_a_picture_shows_hr_bicubic_and_the_method(cli, tmp_path, photo):
    from srbench.images import write_image

    hr = photo(160, 200)
    write_image(tmp_path / "photos" / "one.png", hr)
    done = cli("pictures", "--methods", "bicubic,nearest", "--dataset", "./photos", "--scale", 2, "--output", "out")
    assert done.code == 0, done.err
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["bicubic-one-x2.png", "nearest-one-x2.png"]
    picture = read_image(tmp_path / "out" / "nearest-one-x2.png")
    side = 2 * CROP
    panels = [picture[:, :side:2, start : start + side : 2] for start in (0, side + 4, 2 * side + 8)]
    # The first panel is a piece of HR, on the grid of half crops.
    places = [(top, left) for top in range(0, 65, CROP // 2) for left in range(0, 105, CROP // 2)]
    (place,) = [at for at in places if np.array_equal(hr[:, at[0] : at[0] + CROP, at[1] : at[1] + CROP], panels[0])]
    # In the third every pixel stands for four: it is the nearest neighbour's, of the same place.
    assert np.array_equal(panels[2][:, ::2, ::2], panels[2][:, 1::2, 1::2]), place
    same = read_image(tmp_path / "out" / "bicubic-one-x2.png")
    # A value exactly between two levels may fall either way.
    difference = same[:, :side, side + 4 : 2 * side + 4].astype(int) - same[:, :side, 2 * side + 8 :]
    assert np.abs(difference).max() <= 1
    assert (difference == 0).mean() > 0.99


def test_the_psnr_below_is_the_leaderboards(monkeypatch, cli, tmp_path, photo):
    import srbench
    from srbench import pictures
    from srbench.images import write_image

    write_image(tmp_path / "photos" / "one.png", photo(160, 200))
    captions = []
    monkeypatch.setattr(
        pictures, "_side_by_side", lambda panels: captions.append([c for c, _ in panels]) or panels[0][1]
    )
    done = cli("pictures", "--methods", "nearest", "--dataset", "./photos", "--scale", 2, "--output", "out")
    assert done.code == 0
    table = srbench.run(["nearest", "bicubic"], datasets="./photos", scale=2).leaderboard.set_index("method")["psnr"]
    assert captions == [
        ["HR one x2 classic-y", f"bicubic {table['bicubic']:.2f} dB", f"nearest {table['nearest']:.2f} dB"]
    ]


def test_what_looks_wrong_is_said(cli, tmp_path, photo):
    from srbench.images import write_image

    write_image(tmp_path / "photos" / "one.png", photo(160, 200))
    (tmp_path / "bgr.py").write_text(
        "def up(lr, scale): return lr.flip(1).repeat_interleave(scale, 2).repeat_interleave(scale, 3)\n"
    )
    done = cli("pictures", "--methods", "./bgr.py:up", "--dataset", "./photos", "--output", "out")
    assert done.code == 0
    assert "note: suspicious: bgr:up:" in done.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--image", "three"], "has no image 'three'; it has one"),
        (["--protocol", "srcnn-y"], "upscales luma alone"),
        (["--scale", "2,4"], "only one here"),
    ],
)
def test_what_cannot_be_shown(cli, tmp_path, photo, arguments, message):
    from srbench.images import write_image

    write_image(tmp_path / "photos" / "one.png", photo(160, 200))
    done = cli("pictures", "--methods", "bicubic", "--dataset", "./photos", "--output", "out", *arguments)
    assert done.code == 2
    assert re.search(message, done.err)
    assert not (tmp_path / "out").exists()


def test_an_image_smaller_than_the_crop(cli, photos):
    done = cli("pictures", "--methods", "bicubic", "--dataset", photos, "--output", "out")
    assert done.code == 2
    assert "smaller than the crop of 96×96" in done.err
