"""A result in a notebook: its tables as HTML, and single images as pictures."""

from __future__ import annotations

import io
import pickle

import matplotlib as mpl
import matplotlib.style
import pytest
from PIL import Image as Pil

import srbench
from srbench.errors import RequestError


@pytest.fixture(scope="module")
def result(tmp_path_factory, photo):
    from srbench.files import write_image

    first, second = (tmp_path_factory.mktemp("data") / name for name in ("a<b>", "other"))
    for folder in (first, second):
        write_image(folder / "one.png", photo(64, 64))
        write_image(folder / f"only-{folder.name[0]}.png", photo(48, 64, top=200))
    return srbench.run(
        ["bicubic", "nearest", "edsr"], datasets=[str(first), str(second)], scale=[2, 4], protocol=["rgb", "srcnn-y"]
    )


def test_tables_as_html(result):
    page = result._repr_html_()
    assert page.count("<table>") == len(result.leaderboard.groupby(["dataset", "scale", "protocol"]))
    assert "a&lt;b&gt;" in page
    assert "<b>" not in page
    assert "not run: edsr" in page
    assert f"{result.leaderboard['psnr'].iloc[0]:.3f}" in page


def test_an_image_is_shown_as_png(result):
    picture = result.show("only-o", scale=2)
    shown = Pil.open(io.BytesIO(picture._repr_png_()))
    assert shown.format == "PNG"
    labels = [axes.get_xlabel().splitlines()[0] for axes in picture.figure.axes]
    assert labels[1:] == ["HR", "bicubic", "nearest", "edsr"]
    psnr = result.records.query("image == 'only-o' and scale == 2 and protocol == 'rgb' and method == 'edsr'")[
        "psnr"
    ].item()
    assert f"{psnr:.2f} dB" in picture.figure.axes[-1].get_xlabel()


def test_methods_that_do_not_run_under_a_protocol_are_left_out(result):
    picture = result.show("./other/one", scale=4, protocol="srcnn-y", crop="1,2,3,4")
    assert [axes.get_xlabel().splitlines()[0] for axes in picture.figure.axes[2:]] == ["bicubic", "nearest"]
    assert "3×4 at 1, 2" in picture.figure.axes[1].get_xlabel()
    same = result.show("./other/one", scale=4, protocol="srcnn-y", crop=(1, 2, 3, 4))
    assert same._repr_png_() == picture._repr_png_()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"image": "none"}, r"./a<b> or ./other has no image 'none'; there are one, only-a, only-o, did you mean one"),
        ({"image": "only-p"}, "did you mean only-o or only-a\\?"),
        ({"image": 5}, "image=5: expected an image's id"),
        ({"image": "one", "crop": 5}, "crop=5: expected 'auto', 'x,y,w,h' or four whole numbers"),
        ({"image": "one"}, r"image 'one' is in .* and in ./other; write DATASET/ID"),
        ({"image": "only-o", "methods": ["lanczos"]}, "'lanczos': not run on ./other ×2 under rgb; choose from bicub"),
        ({"image": "only-o", "methods": ["edsr"], "protocol": "srcnn-y"}, "'edsr': not run"),
        ({"image": "only-o", "scale": 3}, "nothing was run on ./other ×3"),
        ({"image": "only-o", "crop": "0,0,100,1"}, "does not lie in the image"),
    ],
)
def test_what_cannot_be_shown(result, arguments, message):
    with pytest.raises(RequestError, match=message):
        result.show(**arguments)


def test_a_figure_saves_as_its_suffix_says(result, tmp_path):
    result.show("only-o", ["nearest"]).save(str(tmp_path / "f.svg"))
    assert (tmp_path / "f.svg").read_text().count("<image") == 3


def test_given_lr_is_shown_as_it_was_scored(tmp_path, photo):
    from srbench.files import write_image

    write_image(tmp_path / "set" / "one.png", photo(64, 64))
    write_image(tmp_path / "set" / "LR_bicubic" / "X2" / "one.png", photo(32, 32, top=300))  # another place altogether
    result = srbench.run("nearest", datasets=str(tmp_path / "set"), scale=2, lr="given")
    caption = result.show("one").figure.axes[-1].get_xlabel()
    assert f"{result.records['psnr'].item():.2f} dB" in caption


def test_a_result_travels_without_its_plan(photos):
    result = srbench.run(
        lambda lr, scale: lr.repeat_interleave(scale, 2).repeat_interleave(scale, 3), datasets=str(photos)
    )
    there = pickle.loads(pickle.dumps(result))  # noqa: S301  # our own bytes
    assert there.leaderboard.equals(result.leaderboard)
    with pytest.raises(RequestError, match="comes from another process"):
        there.show("one")
    result.show("one")


def test_one_method_may_be_named_alone_and_tables_are_ones_own(result):
    assert len(result.show("only-o", "nearest").figure.axes) == 3
    mine = result.leaderboard
    mine.loc[:, "psnr"] = 0.0
    assert (result.leaderboard["psnr"] > 0).all()


def test_a_picture_looks_the_same_whatever_style_is_set(result):
    plain = result.show("only-o", ["nearest"])._repr_png_()
    with mpl.rc_context():
        mpl.style.use("dark_background")
        mpl.rcParams["savefig.facecolor"] = "black"
        assert result.show("only-o", ["nearest"])._repr_png_() == plain


def test_a_result_prints_what_it_is(result, photos, tmp_path):
    assert repr(result) == (
        "<RunResult: bicubic, nearest, edsr on ./a<b>, ./other; ×2, ×4 under rgb, srcnn-y; 4 images, 40 records; "
        "in memory>"
    )
    (photos / "broken.png").write_bytes(b"")
    kept = srbench.run("nearest", datasets=str(photos), metrics="psnr", output=tmp_path / "run")
    assert f"4 images, 4 records, 1 failed; in {tmp_path / 'run'}" in str(kept)
