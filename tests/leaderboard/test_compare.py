"""`srbench compare` on run folders."""

from __future__ import annotations

import json

import pytest

import srbench
from srbench.errors import RequestError
from srbench.files import write_image
from srbench.leaderboard import compare_methods, compare_runs, read_limit
from srbench.runs import open_run, open_runs


@pytest.fixture(scope="module")
def runs(tmp_path_factory, photo):
    """Eight photographs under three methods, and again under one; five of them alone."""
    place = tmp_path_factory.mktemp("runs")
    for index in range(8):
        write_image(place / "photos" / f"i{index}.png", photo(48, 48, top=30 * index, left=20 * index))
    photos = str(place / "photos")
    srbench.run(["nearest", "bilinear", "bicubic"], datasets=photos, scale=2, output=place / "three")
    srbench.run("lanczos", datasets=photos, scale=2, output=place / "one")
    srbench.run(["nearest", "bicubic"], datasets=photos, scale=2, output=place / "two")
    srbench.run(["nearest", "bicubic"], datasets=photos, scale=2, limit=5, output=place / "five")
    return place


def test_every_pair_of_a_run(runs):
    (found,) = compare_methods(open_run(runs / "three"), (), "psnr")
    assert (found.images, found.left_out, len(found.differences)) == (8, 0, 3)
    records = srbench.run(["nearest", "bicubic"], datasets=str(runs / "photos"), scale=2).records
    means = records.groupby("method")["psnr"].mean()
    pair = next(one for one in found.differences if {one.first, one.second} == {"nearest", "bicubic"})
    assert abs(pair.mean) == pytest.approx(abs(means["bicubic"] - means["nearest"]))
    assert pair.wins + pair.ties + pair.losses == 8


def test_two_runs(runs):
    (same, other) = compare_runs(*open_runs([runs / "three", runs / "two"]), "psnr")
    assert {same.differences[0].mean, other.differences[0].mean} == {0.0}
    assert "(three)" in same.differences[0].first + other.differences[0].first
    with pytest.raises(RequestError, match="have no method with psnr"):
        compare_runs(*open_runs([runs / "three", runs / "one"]), "psnr")
    with pytest.raises(RequestError, match="have no method with psnr"):
        compare_runs(*open_runs([runs / "two", runs / "five"]), "psnr")  # other images


def test_the_verb(runs, cli):
    done = cli("compare", runs / "three")
    assert done.code == 0
    assert max(len(line) for line in done.out.splitlines()) <= 80
    assert "8 images" in done.out
    assert "bicubic" in done.out
    described = json.loads(cli("compare", "nearest", "bicubic", "--run", runs / "three", "--json").out)
    assert described[0]["differences"][0]["first"] == "nearest"
    few = cli("compare", runs / "five")
    assert "5 images are too few for a claim" in few.out
    assert few.out.count("/5") + few.out.count("5/") >= 1


def test_an_exit_code_for_ci(runs, cli):
    worse = cli("compare", "bicubic", "nearest", "--run", runs / "three", "--fail-if-worse", "psnr:0.05")
    assert worse.code == 1
    assert "nearest is worse than bicubic" in worse.err
    assert cli("compare", "nearest", "bicubic", "--run", runs / "three", "--fail-if-worse", "psnr:0.05").code == 0
    assert cli("compare", runs / "three", runs / "two", "--fail-if-worse", "psnr:0").code == 0
    lower = cli("compare", "bicubic", "nearest", "--run", runs / "three", "--fail-if-worse", "l1:0.01")
    assert lower.code == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("{}/three", "--fail-if-worse", "psnr"), "write METRIC:AMOUNT"),
        (("{}/three", "--fail-if-worse", "psnr:0.1"), "compares the second of two"),
        (("nearest", "--run", "{}/three"), "name two of its methods"),
        (("nearest", "bicubik", "--run", "{}/three"), "did you mean bicubic"),
        (("{}/absent",), "no such folder"),
        (("{}/three", "{}/three"), "are one folder"),
        (("{}/three", "--metric", "psn"), "did you mean psnr"),
        (("{}/three", "--metric", "rmse"), "has no metric 'rmse'"),
        (("a", "b", "c"), "3 run folders given"),
    ],
)
def test_what_cannot_be_compared(runs, cli, words, message):
    done = cli("compare", *(word.format(runs) for word in words))
    assert (done.code, message in done.err, len(done.err.splitlines())) == (2, True, 1)


def test_a_limit_is_read():
    assert (read_limit("ssim:0.001").metric, read_limit("ssim:0.001").by) == ("ssim", 0.001)
    for text in ("psnr:x", "psnr:-1", "psnr:inf", "psnr:nan", ":1"):
        with pytest.raises(RequestError, match="write METRIC:AMOUNT"):
            read_limit(text)
