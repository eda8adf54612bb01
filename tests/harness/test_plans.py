"""Plan files: written by `srbench plan`, run from anywhere, repeated from `run.json`."""

from __future__ import annotations

import json
import re
import shutil

import numpy as np
import pandas as pd
import pytest

import srbench
from srbench.errors import RequestError
from srbench.harness.plans import plan_text, read_plan
from srbench.runs import open_run

MINE = """
def upscale(lr, scale):
    return lr.repeat_interleave(scale, 2).repeat_interleave(scale, 3)
"""


def without_times(folder):
    table = pd.read_csv(folder / "leaderboard.csv")
    return table.drop(columns=[name for name in table if re.search(r"_ms$|_per_s$|^peak_|^steady$", name)]).to_csv()


def test_a_plan_that_is_written_is_read_and_run(cli, photos, tmp_path):
    written = cli(
        "plan", "--methods", "nearest,bicubic", "--datasets", "./photos", "--scale", "2,4", "--metrics", "psnr,l1"
    )
    assert written.code == 0
    place = tmp_path / "plans" / "plan.toml"
    place.parent.mkdir()
    shutil.copytree(photos, place.parent / "photos")
    place.write_text(written.out)
    made = cli("run", place, "--scale", "2", "--output", tmp_path / "run")
    assert made.code == 0
    plan = open_run(tmp_path / "run").description.plan
    assert (plan.methods, plan.scales, plan.metrics) == (("nearest", "bicubic"), (2,), ("psnr", "l1"))  # options win


def test_a_run_is_repeated_from_its_run_json_in_another_folder(cli, photos, tmp_path):
    (tmp_path / "mine.py").write_text(MINE)
    (tmp_path / "list.txt").write_text("one\nthree\n")
    options = ("--scale", "2,4", "--protocol", "rgb,classic-y", "--metrics", "psnr,lr_psnr", "--images", "@list.txt")
    first = cli(
        "run", "--methods", "./mine.py:upscale,bicubic", "--datasets", "./photos", *options, "--output", "a/b/run"
    )
    assert first.code == 0
    asked = json.loads((tmp_path / "a/b/run/run.json").read_text())["asked"]
    assert asked["methods"] == ["../../../mine.py:upscale", "bicubic"]
    assert asked["datasets"] == ["../../../photos"]
    assert str(tmp_path) not in (tmp_path / "a/b/run/run.json").read_text()
    second = cli("run", tmp_path / "a/b/run/run.json", "--output", tmp_path / "again")
    assert second.code == 0
    for name in ("leaderboard.csv", "leaderboard.md"):
        assert (tmp_path / "again" / name).read_bytes() == (tmp_path / "a/b/run" / name).read_bytes()
    moved = tmp_path / "moved"
    shutil.copytree(tmp_path / "a/b/run", moved / "b/c/run")
    for name in ("mine.py", "list.txt"):
        shutil.copy(tmp_path / name, moved / name)
    shutil.copytree(photos, moved / "photos")
    third = cli("run", moved / "b/c/run/run.json", "--output", tmp_path / "third")
    assert third.code == 0
    assert without_times(tmp_path / "third") == without_times(tmp_path / "again")


def test_paths_are_relative_to_the_file(tmp_path, monkeypatch):
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "plan.toml").write_text(
        """
        methods = ["./mine.py:f", "edsr@x", "spandrel:net.pth", "onnx:./a/b.onnx", "bicubic"]
        datasets = ["set5", "./photos", "/elsewhere", "~/mine"]
        images = "@list.txt"
        weights = {"edsr@x" = ["w.pt"]}
        metric_weights = {lpips = "alex.pth"}
        output = "out"
        """
    )
    there = tmp_path / "p"
    assert read_plan(there / "plan.toml") == {
        "methods": [f"{there}/mine.py:f", "edsr@x", f"spandrel:{there}/net.pth", f"onnx:{there}/a/b.onnx", "bicubic"],
        "datasets": ["set5", f"{there}/photos", "/elsewhere", "~/mine"],
        "images": f"@{there}/list.txt",
        "weights": {"edsr@x": [f"{there}/w.pt"]},
        "metric_weights": {"lpips": f"{there}/alex.pth"},
        "output": f"{there}/out",
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("method = 'bicubic'", "plan.toml: no key 'method', did you mean methods"),
        ("progress = 1", "no key 'progress'"),
        ("methods = [", r"plan.toml: is no TOML \(.*srbench plan … > plan.toml writes one"),
        ("methods = ['bicubic']\nscale = 'four'", r"scale='four': expected a whole number"),
        ("datasets = ['bundled']", "no methods; name some"),
    ],
)
def test_plans_that_are_refused(cli, tmp_path, text, message):
    (tmp_path / "plan.toml").write_text(text)
    made = cli("run", "plan.toml")
    assert made.code == 2
    assert re.search(message, made.err)
    assert len(made.err.strip().splitlines()) == 1
    assert not (tmp_path / "runs").exists()


def test_what_is_no_plan(cli, photos, tmp_path):
    with pytest.raises(RequestError, match="none.toml: cannot be read as a plan"):
        read_plan(tmp_path / "none.toml")
    own = srbench.Metric("own", "", True, 2, function=lambda sr, hr: float(np.mean(sr)))
    srbench.run("nearest", datasets=str(photos), metrics=["psnr", own], output=tmp_path / "run")
    with pytest.raises(RequestError, match="does not say how to repeat the run"):
        read_plan(tmp_path / "run" / "run.json")
    (tmp_path / "other.json").write_text("{}")
    with pytest.raises(RequestError, match="does not say how to repeat the run"):
        read_plan(tmp_path / "other.json")
    with pytest.raises(RequestError, match="cannot be written to a file"):
        plan_text({"methods": [len]})


def test_in_python(photos, tmp_path):
    (tmp_path / "plan.toml").write_text('methods = "nearest"\ndatasets = "./photos"\nmetrics = ["psnr"]\n')
    result = srbench.run(**srbench.read_plan(tmp_path / "plan.toml"))
    assert result.leaderboard["method"].tolist() == ["nearest"]
