"""What the command line refuses: one line that says what to do, exit code 2, and nothing written."""

from __future__ import annotations

import pytest

from srbench.cli.verbs.datasets import app as datasets
from srbench.files import write_image

RUN = ("run", "--methods", "nearest", "--datasets", "./photos")
OWN = ("run", "--methods", "edsr@mine", "--datasets", "./photos", "--weights")
SCORE = ("score", "--dataset", "./photos", "--scale", "4", "--images", "./photos", "--name", "mine")
PREPARE = ("datasets", "prepare", "./photos", "--output", "new")
SHOW = ("show", "coffee", "--methods", "nearest", "--output", "f.png")

REFUSED = [
    ((*RUN, "--limit", "0"), "limit=0: expected a whole number of images, 1 or more"),
    ((*RUN, "--limit", "-1"), "limit=-1: expected"),
    ((*RUN, "--scale", "1"), "--scale=1: expected a whole number from 2 to 16"),
    ((*RUN, "--scale", "4.0"), "scale '4.0' is not a list of whole numbers"),
    ((*RUN, "--timing", "--size", "0x0"), "size '0x0': write WIDTHxHEIGHT in pixels"),
    ((*SCORE, "--limit", "0"), "limit=0"),
    ((*SCORE[:6], "picture.png", "--name", "mine"), "picture.png: is a file; name the folder"),
    ((*SHOW, "--scale", "17"), "--scale=17"),
    (("bench", "--methods", "nearest", "--scale", "1"), "--scale=1"),
    (("run", "--methods", "nearest", "--datasets", "picture.png"), "picture.png: is a file; name the folder"),
    (
        ("run", "--methods", "nearest", "--datasets", "./photos,./picture.png"),
        "picture.png: is a file; name the folder",
    ),
    (("datasets", "prepare", "picture.png", "--output", "new"), "picture.png: is a file; name the folder"),
    ((*PREPARE, "--least-side", "-1"), "least side -1: expected 0 pixels or more"),
    ((*PREPARE, "--side", "0"), "side 0: expected 1 pixel or more"),
    ((*PREPARE, "--limit", "0"), "limit 0 is too small"),
    ((*OWN, "mine.py"), "mine.py: is text, not a weight file for edsr@mine; check the path"),
    ((*OWN, "edsr@mine=mine.py"), "mine.py: is text"),
    ((*OWN, "page.pth"), "page.pth: is a web page, not a weight file"),
    ((*OWN, "empty.pth"), "empty.pth: is empty, not a weight file"),
    ((*OWN, "picture.png"), "picture.png: is a PNG image, not a weight file"),
    ((*OWN, "photos"), "photos: is a folder; name a weight file for edsr@mine in it"),
    ((*OWN, "none.pth"), "none.pth: no such weight file"),
    ((*RUN, "--classifier", "squeezenet1_1", "--weights", "squeezenet1_1=mine.py"), "mine.py: is text"),
    (("verify", "--weights", "edsr@official=mine.py"), "mine.py: is text"),
    (
        ("run", "--methods", "./photos:fn"),
        "./photos:fn: is no Python file; write a method of your own as ./file.py:fun",
    ),
    (("run", "--methods", "photos:fn"), "is no Python file"),
    (("run", "--methods", "./mine:f"), "is no Python file"),
    (("run", "--methods", "./mine.py"), "names no function; write ./mine.py:function"),
    (("run", "--methods", "srgan", "--scale", "3"), "has only ×4; srgan+twice has ×16; choose another --scale"),
    (("run", "--methods", "edsr", "--scale", "16"), "has only ×2, ×3, ×4; edsr+twice has ×4, ×8, ×9, ×16"),
    (("run", "--methods", "edsr+twice", "--scale", "3"), "has only ×4, ×8, ×9, ×16; choose another --scale"),
    (("upscale", "picture.png", "-o", "x.png", "--method", "srgan", "--scale", "3"), "only ×4; srgan+twice has ×16"),
    (("bench", "--methods", "srgan", "--scale", "3"), "srgan+twice has ×16"),
    (("explain", "--methods", "srgan", "--scale", "3"), "srgan+twice has ×16"),
    (("list", "method"), "'method' is not one of 'methods', "),
    (("list", "method"), "did you mean methods?"),
    ((*RUN, "--device", "cud"), "did you mean cuda or cpu?"),
]

EMPTY = [
    *((*RUN, option) for option in ("--output", "--protocol", "--metrics", "--split", "--limit", "--device", "--lr")),
    *((*RUN, option) for option in ("--precision", "--runtime", "--classifier", "--weights", "--size", "--scale")),
    *((*SCORE, option) for option in ("--output", "--protocol", "--metrics", "--split", "--weights", "--classifier")),
    *((*PREPARE, option) for option in ("--parts", "--ids", "--labels", "--split", "--side", "--least-side")),
    *((*SHOW, option) for option in ("--crop", "--scale", "--protocol", "--weights")),
    *(("bench", option) for option in ("--methods", "--batch", "--size", "--output", "--check", "--save")),
    *(("explain", "--methods", "nearest", option) for option in ("--datasets", "--target")),
    *(("compare", "a", "b", option) for option in ("--run", "--metric", "--fail-if-worse")),
    *(("rank", "a", "--rules", "ntire-esr-2026", option) for option in ("--baseline", "--methods", "--output")),
    *(("leaderboard", "a", option) for option in ("--output", "--sort", "--rank")),
]
ARGUMENTS = [
    *((verb,) for verb in ("list", "upscale", "reported", "compare", "leaderboard", "train")),
    *((verb, "--output", "x.png") for verb in ("plot", "show", "report")),
    *(("datasets", command.name) for command in datasets.registered_commands),
]


@pytest.fixture
def place(cli, photos, photo, tmp_path):
    """The command line in a folder of files that are easily mistaken; what it writes is found there."""
    write_image(tmp_path / "picture.png", photo(40, 40))
    (tmp_path / "mine.py").write_text("def f(lr, scale):\n    return lr\n")
    (tmp_path / "page.pth").write_text("<!DOCTYPE html><title>Too many requests</title>")
    (tmp_path / "empty.pth").write_bytes(b"")
    return tmp_path


def refused(cli, place, words):
    before = sorted(place.rglob("*"))
    done = cli(*words)
    assert sorted(place.rglob("*")) == before
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert done.err.startswith("error: ")
    return done.err


@pytest.mark.parametrize(("words", "message"), REFUSED, ids=[" ".join(words) for words, _ in REFUSED])
def test_what_is_refused(cli, place, words, message):
    assert message in refused(cli, place, words)


@pytest.mark.parametrize("words", EMPTY, ids=" ".join)
def test_an_empty_value_is_refused_wherever_it_stands(cli, place, words):
    *others, option = words
    for value in ("", ",", " , "):
        for written in ((option, value), (f"{option}={value}",)):
            assert f"{option}: {value!r} says nothing" in refused(cli, place, (*others, *written))


@pytest.mark.parametrize("words", ARGUMENTS, ids=" ".join)
def test_an_empty_argument_is_refused(cli, place, words):
    assert "an argument: '' says nothing" in refused(cli, place, (*words, ""))
