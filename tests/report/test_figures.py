"""The figures: what their text says is what was measured, and odd images, names and crops do not break them."""

from __future__ import annotations

import re
import subprocess
import sys

import matplotlib as mpl
import matplotlib.style
import numpy as np
import pytest
from helpers import METRICS
from PIL import Image as Pil

import srbench
from srbench.files import read_image, write_image
from srbench.report import draw_curves
from srbench.report.figures.file import shortened
from srbench.report.figures.tradeoff import PlotAxis, Point, draw_tradeoff, front


def words(path):
    """All text of an SVG figure."""
    return re.findall(r"<text[^>]*>([^<]*)</text>", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("suffix", ["png", "pdf", "svg"])
def test_a_figure_of_each_kind_and_the_same_bytes_again(cli, photos, tmp_path, suffix):
    arguments = ("show", photos / "one.png", "--methods", "nearest,bicubic", "--scale", 2)
    first, second = (tmp_path / f"{name}.{suffix}" for name in "ab")
    done = cli(*arguments, "-o", first)
    assert done.code == 0, done.err
    cli(*arguments, "--output", second)
    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes()[:4] in (b"\x89PNG", b"%PDF", b"<?xm")


def test_what_stands_below_is_the_leaderboards(cli, photos, tmp_path):
    done = cli("show", photos / "one.png", "--methods", "nearest,bicubic", "--scale", 2, "-o", "f.svg")
    assert done.code == 0, done.err
    records = srbench.run(["nearest", "bicubic"], datasets=str(photos), scale=2).records
    rows = records[records["image"] == "one"].set_index("method")
    text = words(tmp_path / "f.svg")
    for method in ("nearest", "bicubic"):
        place = text.index(method)
        assert text[place + 1] == f"{rows.loc[method, 'psnr']:.2f} dB / {rows.loc[method, 'ssim']:.4f}"
    assert "×2, classic-y" in text


def test_crops_are_the_pixels(cli, photos, tmp_path):
    """A crop of one colour: HR's pixel fills its panel."""
    hr = read_image(photos / "one.png")
    done = cli("show", photos / "one.png", "--methods", "nearest", "--scale", 2, "--crop", "10,12,1,1", "-o", "f.png")
    assert done.code == 0, done.err
    figure = np.asarray(Pil.open(tmp_path / "f.png").convert("RGB")).reshape(-1, 3)
    assert (figure == hr[:, 12, 10]).all(axis=1).mean() > 0.05
    assert "1×1 pixels at 10,12" in done.out


def test_odd_images_names_and_methods(cli, tmp_path, photo):
    folder = tmp_path / "odd"
    long = "a_long-name $with$ signs " + "x" * 150
    write_image(folder / f"{long}.png", photo(40, 200))
    write_image(folder / "grey.png", photo(33, 47)[:1])
    write_image(folder / "tiny.png", photo(9, 9))
    (tmp_path / "own.py").write_text(
        "def perfectly_ordinary_but_very_long_name_of_a_function(lr, scale):\n"
        "    return lr.repeat_interleave(scale, 2).repeat_interleave(scale, 3)\n"
    )
    for name in (long, "grey", "tiny"):
        done = cli(
            *("show", folder / f"{name}.png", "--scale", 2, "-o", f"out/{name[:4]}.svg"),
            *("--methods", "bicubic,./own.py:perfectly_ordinary_but_very_long_name_of_a_function"),
        )
        assert done.code == 0, done.err
    assert any("…" in text for text in words(tmp_path / "out" / "a_lo.svg"))
    # Too small for SSIM's window once the border is cut: PSNR stands alone.
    assert any(re.fullmatch(r"\d+\.\d\d dB", text) for text in words(tmp_path / "out" / "tiny.svg"))


def test_a_perfect_result_and_a_suspicious_one(cli, tmp_path, photo):
    write_image(tmp_path / "p" / "one.png", np.full((3, 40, 40), 77, np.uint8))
    write_image(tmp_path / "p" / "two.png", photo(64, 64))
    done = cli("show", "./p/one", "--methods", "nearest,bicubic", "-o", "f.svg")
    assert done.code == 0, done.err
    assert words(tmp_path / "f.svg").count("equal to HR / 1.0000") == 2
    (tmp_path / "bgr.py").write_text(
        "def up(lr, scale): return lr.flip(1).repeat_interleave(scale, 2).repeat_interleave(scale, 3)\n"
    )
    done = cli("show", "./p/two", "--methods", "./bgr.py:up", "-o", "g.png")
    assert done.code == 0
    assert "note: suspicious: bgr:up:" in done.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none", "--methods", "bicubic", "-o", "f.png"], "bundled has no image 'none'"),
        (["none.png", "--methods", "bicubic", "-o", "f.png"], "none.png: no such file"),
        (["text.txt", "--methods", "bicubic", "-o", "f.png"], "text.txt: is not an image file"),
        (["coffee", "--methods", "bicubic", "-o", "f.png", "--crop", "1,2,0,5"], "at least 1 pixel"),
        (["coffee", "--methods", "bicubic", "-o", "f.png", "--protocol", "rgb,classic-y"], "only one here"),
        (
            ["coffe", "--methods", "bicubic", "-o", "f.png"],
            "coffee, rocket, did you mean coffee?",
        ),
        (["coffee", "--methods", "bicubic", "-o", "f.jpg"], "written as .png, .pdf, .svg"),
        (["coffee", "--methods", "bicubic", "-o", "."], "written as .png"),
        (["coffee", "--methods", "bicubic", "-o", "f.png", "--crop", "1,2,3"], "write auto, or x,y,w,h"),
        (["coffee", "--methods", "bicubic", "-o", "f.png", "--crop", "0,0,9999,1"], "does not lie in the image"),
        (["coffee", "--methods", "bicubic,edsr", "-o", "f.png", "--protocol", "srcnn-y"], "edsr ×4 under srcnn-y"),
        (["coffee", "--methods", "bicubic", "-o", "f.png", "--scale", "2,4"], "only one here"),
        (["set5/baby", "--methods", "bicubic", "-o", "f.png"], "set5: not imported"),
    ],
)
def test_what_cannot_be_shown(cli, tmp_path, arguments, message):
    (tmp_path / "text.txt").write_text("no image")
    done = cli("show", *arguments)
    assert done.code == 2
    assert message in done.err
    assert len(done.err.splitlines()) == 1
    assert not (tmp_path / "f.png").exists()


def test_a_plot_has_every_image_and_mean(cli, photos, tmp_path):
    run = srbench.run(["nearest", "bicubic"], datasets=str(photos), scale=[2, 3], output=tmp_path / "run")
    done = cli("plot", tmp_path / "run", "-o", "f.svg")
    assert done.code == 2
    assert "×2, classic-y" in done.err
    assert "choose with --dataset, --scale, --protocol" in done.err
    done = cli("plot", tmp_path / "run", "-o", "f.svg", "--scale", "x2", "--metric", "ssim")
    assert done.code == 0, done.err
    text = words(tmp_path / "f.svg")
    assert {"one", "two", "three"} <= set(text)
    rows = run.leaderboard[run.leaderboard["scale"] == 2].set_index("method")
    assert {f"{name}  {rows.loc[name, 'ssim']:.4f}" for name in ("nearest", "bicubic")} <= set(text)
    assert "3 images" in done.out
    for wrong, message in ((["--scale", "4"], "--scale 4: not in the run"), (["--methods", "edsr"], "has no method")):
        done = cli("plot", tmp_path / "run", "-o", "f.svg", *wrong)
        assert done.code == 2
        assert message in done.err


def test_images_are_sorted_from_the_hardest():
    figures = {"a": {"x": 30.0, "y": 20.0, "z": 25.0}, "b": {"x": 31.0, "y": 21.0, "z": 26.0}}
    axes = draw_curves(figures, METRICS["psnr"], "title").axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["y", "z", "x"]
    assert [list(line.get_ydata()) for line in axes.lines if len(line.get_ydata()) == 3] == [[21, 26, 31], [20, 25, 30]]
    turned = draw_curves(figures, METRICS["l1"], "title").axes[0]
    assert [label.get_text() for label in turned.get_xticklabels()] == ["x", "z", "y"]
    (alone,) = [
        line for line in draw_curves({"a": {"x": 3.0}}, METRICS["psnr"], "t").axes[0].lines if line.get_marker() == "o"
    ]
    assert list(alone.get_ydata()) == [3.0]
    many = draw_curves({"a": {str(index): float(index) for index in range(100)}}, METRICS["psnr"], "t").axes[0]
    assert "100 images" in many.get_xlabel()


SPEED, PSNR, L1 = PlotAxis("speed", 1, logarithmic=True), PlotAxis.of(METRICS["psnr"]), PlotAxis.of(METRICS["l1"])
FIGURES = [(1, 30), (2, 29), (2, 28), (3, 29), (5, 20), (4, 19), (5, 20)]


@pytest.mark.parametrize("x", [SPEED, L1])
@pytest.mark.parametrize("y", [PSNR, L1])
def test_the_front_holds_what_nothing_beats(x, y):
    """On axes of which more is better, and of which less is; the figures are turned with the axes."""
    points = [Point(str(index), x.sign * a, y.sign * b, index) for index, (a, b) in enumerate(FIGURES)]
    found = [(x.sign * point.x, y.sign * point.y) for point in front(points, x, y)]
    assert found == [(1, 30), (3, 29), (5, 20)]
    for figures in FIGURES:
        beaten = any(one[0] >= figures[0] and one[1] >= figures[1] and one != figures for one in FIGURES)
        assert beaten != (figures in found)


def test_better_is_to_the_right_and_upwards():
    points = [Point(str(index), *figures, index) for index, figures in enumerate(FIGURES)]
    steps = draw_tradeoff(points, SPEED, PSNR).axes[0]
    assert list(steps.lines[0].get_ydata()) == [30, 29, 20]
    assert steps.get_xscale() == "log"
    assert not steps.xaxis_inverted()
    turned = draw_tradeoff(points, PSNR, L1).axes[0]
    assert (turned.get_xlabel(), turned.get_ylabel()) == ("PSNR (dB), better →", "L1 (8-bit levels), better ↑")
    assert (turned.xaxis_inverted(), turned.yaxis_inverted()) == (False, True)
    assert list(zip(*turned.lines[0].get_data(), strict=True)) == [(4, 19), (5, 20)]


def test_names_keep_their_ends():
    assert shortened("abc", 3) == "abc"
    for longest in range(5, 30):
        short = shortened("an-extremely-long-name-of-a-method@4", longest)
        assert len(short) == longest
        assert short.startswith("an"[: longest // 2])
        assert short.endswith("4")


def test_nothing_here_is_imported_by_listing():
    code = "import sys, srbench.cli.main; print(*[m for m in ('matplotlib', 'jinja2') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == ""


def test_figures_look_the_same_whatever_style_is_set(cli, photos, tmp_path):
    arguments = ("show", photos / "one.png", "--methods", "nearest,bicubic", "--scale", 2)
    cli(*arguments, "-o", "plain.svg")
    with mpl.rc_context():
        mpl.style.use("dark_background")
        mpl.rcParams["font.size"] = 30
        cli(*arguments, "-o", "dark.svg")
    assert (tmp_path / "dark.svg").read_bytes() == (tmp_path / "plain.svg").read_bytes()


def test_a_file_is_that_file_whatever_lies_beside_it(cli, tmp_path, photo):
    write_image(tmp_path / "p" / "one.png", photo(40, 40))
    Pil.fromarray(photo(48, 48, top=0).transpose(1, 2, 0)).save(tmp_path / "p" / "one.jpg")
    for file, side in (("one.png", 40), ("one.jpg", 48)):
        done = cli("show", f"p/{file}", "--methods", "nearest", "-o", "f.svg", "--crop", f"0,0,{side},{side}")
        assert done.code == 0, done.err
        assert file in words(tmp_path / "f.svg")


def test_all_that_are_best_as_written_are_bold():
    from srbench.report import Box, Scene, SceneResult, draw_sheet

    image = np.zeros((3, 20, 20), np.uint8)
    for levels, bold in (((30.001, 30.004, 29.0), [1, 1, 0]), ((None, 50.0), [1, 0]), ((30.0,), [0])):
        results = tuple(SceneResult(str(index), image, level, None) for index, level in enumerate(levels))
        figure = draw_sheet(Scene("image", "rules", image, results), Box(0, 0, 5, 5))
        weights = [axes.xaxis.label.get_fontweight() == "bold" for axes in figure.axes[2:]]
        assert weights == bold
