"""Arguments of a wrong kind: one line says what was given, what was expected and what to write; never a traceback."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import get_type_hints

import numpy as np
import pytest

import srbench
from srbench.errors import RequestError, SRBenchError
from srbench.files import write_image
from srbench.harness.arguments.table import OPTIONS
from srbench.harness.bench import bench
from srbench.harness.literature.explain import explain
from srbench.harness.literature.verify import verify
from srbench.harness.method.upscale import upscale_files
from srbench.harness.options import RunOptions, ScoreOptions
from srbench.harness.show import show


class Unprintable:
    def __repr__(self):
        raise RuntimeError("no text")


STRANGE = [
    *(None, True, 0, -1, 5, 1.5, float("nan"), 10**30, b"bicubic", object(), object, Unprintable(), Path("a\0b")),
    *("", " ", ",", "a,b", "a\0b", "\ud800", "~nobody-of-this-name/x", "./nowhere", "x" * 10_000, "a\nb"),
    *([], [None], [[]], [5], [""], ["a\0b"], (0, 180), (320, 180), [(0, 180)], [(320, 180, 3)], ["320x180"]),
    *({}, {5: 5}, {"a": None}, {"bicubic"}, np.array(4), np.array(["a"]), np.zeros((2, 2)), np.float32(4), iter("ab")),
]


def one_line(call, **arguments):
    """Call with arguments, and return the line that refuses them, which any file or terminal can hold."""
    try:
        call(**arguments)
        return ""
    except SRBenchError as error:
        line = str(error)
    assert len(line.encode().splitlines()) == 1
    return line


def stop(*_, **__):
    raise RequestError("every argument was accepted")


@pytest.fixture
def nothing_runs(monkeypatch):
    """Only what is asked for is looked at; nothing is upscaled, timed or written."""
    for place in (
        "harness.run.execute",
        "timing.time_method",
        "harness.method.upscale.find_method",
        "harness.show.make_scene",
        "harness.literature.verify._Replay.checks",
        "harness.literature.explain._Explainer.explained",
    ):
        monkeypatch.setattr(f"srbench.{place}", stop)


CALLS = {
    "run": (srbench.run, {"methods": "nearest"}, ["methods", *get_type_hints(RunOptions)]),
    "score": (
        srbench.score,
        {"images": ".", "name": "mine", "dataset": ".", "scale": 4},
        ["images", "name", "dataset", "scale", *get_type_hints(ScoreOptions)],
    ),
    "bench": (bench, {"methods": "nearest"}, list(inspect.signature(bench).parameters)),
    "upscale": (
        upscale_files,
        {"source": "a.png", "output": "b.png"},
        list(inspect.signature(upscale_files).parameters),
    ),
    "show": (
        show,
        {"image": "coffee", "methods": "nearest", "output": Path("f.png"), "options": {}},
        ["image", "methods", "output", "crop", "progress"],
    ),
    "verify": (verify, {}, ["device", "weights", "progress"]),
    "explain": (explain, {"methods": "nearest", "options": {}}, ["methods", "progress"]),
}


@pytest.mark.parametrize("value", STRANGE, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize("name", CALLS)
@pytest.mark.usefixtures("nothing_runs")
def test_no_value_of_any_argument_gives_a_traceback(name, value, tmp_path, monkeypatch, photo):
    monkeypatch.chdir(tmp_path)
    write_image(tmp_path / "a.png", photo(16, 16))
    call, usual, arguments = CALLS[name]
    assert one_line(call, **usual) == "every argument was accepted"
    for argument in arguments:
        one_line(call, **{**usual, argument: value})
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


@pytest.mark.parametrize("value", STRANGE, ids=lambda value: type(value).__name__)
def test_a_result_shows_no_traceback(result, value):
    for argument in ("image", "methods", "crop", "scale", "protocol"):
        one_line(result.show, **{"image": "coffee", argument: value})


@pytest.fixture(scope="module")
def result():
    return srbench.run("nearest", metrics="psnr")


def test_every_option_says_what_it_accepts():
    assert set(OPTIONS) == set(get_type_hints(RunOptions))


REFUSED = [
    ({"methods": None}, "methods=None: expected a method's name"),
    ({"methods": [None]}, "item 1 is None"),
    ({"methods": "bicubic,edsr"}, "write ['bicubic', 'edsr']"),
    ({"metrics": 5}, "metrics=5: expected a metric's name"),
    ({"metrics": [max]}, "write srbench.Metric(…, function=f)"),
    ({"classifiers": 5}, "classifiers=5: expected a classifier's name"),
    ({"protocol": None}, "protocol=None: expected a protocol's name"),
    ({"precision": None}, "expected 'fp32', 'tf32', 'bf16' or 'auto'"),
    ({"scale": "4"}, "scale='4': expected a whole number from 2 to 16"),
    ({"scale": 4.0}, "scale=4.0: expected a whole number"),
    ({"scale": True}, "scale=True: expected"),
    ({"timing": (320, 180)}, "write [(320, 180)]"),
    ({"timing": [(0, 180)]}, "item 1 is 0"),
    ({"timing": []}, "timing=[]: expected True, False, or a list"),
    ({"timing": [(8, 8), (8, 8)]}, "name each size once"),
    ({"limit": "3"}, "limit='3': expected a whole number of images, 1 or more, or None"),
    ({"limit": True}, "limit=True"),
    ({"limit": -1}, "limit=-1"),
    ({"output": 5}, "output=5: expected a folder"),
    ({"output": ""}, "output='': expected a folder"),
    ({"save_images": "yes"}, "save_images='yes': expected True or False"),
    ({"device": 0}, "device=0: expected 'auto', 'cpu' or 'cuda'"),
    ({"progress": 5}, "progress=5: expected a function of two numbers"),
    ({"weights": 5}, "weights=5: expected files"),
    ({"weights": {"edsr@mine": 5}}, "weights={'edsr@mine': 5}"),
    ({"split": 5}, "split=5: expected a split's name"),
    ({"datasets": "./a\0"}, "leave out the characters that cannot be printed"),
    ({"split": "a\0"}, "leave out the characters that cannot be printed"),
    ({"output": "\ud800"}, "output='\\ud800': expected a folder"),
    ({"datasets": "~nobody-of-this-name/x"}, "home folder is not known"),
]


@pytest.mark.parametrize(("options", "message"), REFUSED, ids=[message for _, message in REFUSED])
@pytest.mark.usefixtures("nothing_runs")
def test_what_is_said_of_a_wrong_kind(options, message):
    assert message in one_line(srbench.run, **{"methods": "nearest", **options})


def test_an_error_is_one_line_whatever_is_in_the_names_of_files():
    error = RequestError("a\nb\udcff\u2028.png ×4: no such file\0")
    assert str(error) == r"a\nb\udcff\u2028.png ×4: no such file\x00"


def test_a_device_of_torch_is_no_name():
    import torch

    assert "expected 'auto', 'cpu' or 'cuda'" in one_line(srbench.run, methods="nearest", device=torch.device("cpu"))


def test_a_folder_may_be_a_path_anywhere(photos, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = srbench.run("nearest", datasets="./photos", metrics="psnr")
    run = srbench.run("nearest", datasets=Path("photos"), metrics="psnr", output=Path("run"), save_images=np.True_)
    several = srbench.run("nearest", datasets=[Path("photos")], metrics=np.array(["psnr"]))
    assert text.leaderboard.equals(several.leaderboard)
    assert text.leaderboard.equals(run.leaderboard)
    assert run.folder == tmp_path / "run"
    whole = srbench.score(Path("photos"), name="hr", dataset=Path("photos"), scale=2, metrics="l1")
    assert whole.leaderboard["dataset"].item() == "./photos"


def test_whole_numbers_of_numpy_are_whole_numbers(photos, tmp_path):
    options = {"datasets": str(photos), "metrics": "psnr"}
    plain = srbench.run("nearest", scale=[2, 4], limit=2, output=tmp_path / "run", **options)
    again = srbench.run(
        "nearest", scale=np.array([2, 4]), limit=np.uint8(2), output=tmp_path / "run", timing=False, **options
    )
    assert again.reused == 4
    assert plain.leaderboard.equals(again.leaderboard)


def test_a_comma_may_be_in_a_name(photos, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    photos.rename(tmp_path / "a,b")
    assert srbench.run("nearest", datasets="./a,b", metrics="psnr").leaderboard["dataset"].item() == "./a,b"
