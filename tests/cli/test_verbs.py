"""The command line as a user meets it: tables, JSON, one-line errors and exit codes."""

from __future__ import annotations

import json

import numpy as np
import pytest
from filelock import FileLock

from srbench.files import read_image, write_image


@pytest.mark.parametrize("kind", ["methods", "wrappers", "datasets", "metrics", "protocols", "rules"])
def test_lists_are_readable_and_parse(cli, kind):
    text = cli("list", kind)
    assert text.code == 0
    assert max(len(line) for line in text.out.splitlines()) <= 80
    rows = json.loads(cli("list", kind, "--json").out)
    assert len(rows) >= 3
    assert all(row["name"] in text.out and row["summary"] for row in rows)


def test_protocols_are_listed_with_their_rules(cli):
    rows = {row["name"]: row for row in json.loads(cli("list", "protocols", "--json").out)}
    assert rows["classic-y"]["LR"]["kernel"] == "matlab-bicubic"
    assert rows["edsr-div2k"]["scored on"]["crop_extra"] == 6
    assert rows["srcnn-y"]["grey files"] == "used as luma as they are"


def test_the_main_job(cli):
    done = cli("run", "--methods", "bicubic,nearest", "--scale", "4")
    assert done.code == 0
    assert "bundled ×4, classic-y" in done.out
    folder = done.out.strip().rpartition("written to ")[2]
    again = cli("run", "--methods", "bicubic,nearest", "--scale", "4")
    assert again.out == done.out
    assert cli("leaderboard", folder).out.strip() in done.out


def test_leaderboards_of_several_runs_are_written(cli, photos, tmp_path):
    for method in ("nearest", "bilinear"):
        assert cli("run", "--methods", method, "--datasets", photos, "--output", method).code == 0
    done = cli("leaderboard", "nearest", "bilinear", "--output", "both")
    assert done.code == 0
    lines = (tmp_path / "both" / "leaderboard.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in lines] == ["method", "bilinear", "nearest"]
    assert "| bilinear" in (tmp_path / "both" / "leaderboard.md").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "--methods", "bicubik"], "unknown method 'bicubik', did you mean bicubic"),
        (["run", "--methods", "bicubic,,edsr"], "has an empty item"),
        (["run", "--methods", "bicubic", "--scale", "four"], "scale 'four' is not a list of whole numbers"),
        (["run", "--methods", "edsr", "--scale", "16"], "edsr ×16 under classic-y: has only"),
        (["run", "--methods", "bicubic", "--protocol", "classic"], "did you mean classic-y"),
        (["run", "--methods", "bicubic", "--metrics", "vmaf"], "unknown metric 'vmaf'"),
        (["run", "--methods", "bicubic", "--lr", "given", "--protocol", "srcnn-y"], "leave out --lr given"),
        (["run", "--methods", "bicubic", "--device", "cuda"], "torch finds no GPU"),
        (["run", "--methods", "./none.py:f"], "no such file"),
        (["leaderboard", "nowhere"], "no such folder"),
        (["run", "--methods", "./mine.py"], "names no function; write ./mine.py:function"),
        (["run", "--methods", "bicubic", "--lr", "given"], "bundled: has no LR files for ×4"),
        (["score", "--dataset", "bundled", "--scale", "4,3", "--images", ".", "--name", "x"], "only one here"),
        (["datasets", "import", "set6", "."], "did you mean set5"),
        (["train", "none.toml", "--data", "."], "no such recipe"),
    ],
)
def test_wrong_requests_are_one_line(cli, arguments, message):
    import torch

    if "cuda" in arguments and torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    failed = cli(*arguments)
    assert failed.code == 2
    assert failed.err.startswith("error: ")
    assert failed.err.count("\n") == 1
    assert message in failed.err


def test_options_that_do_not_exist_exit_2(cli):
    for words in (
        ["run", "--methods", "bicubic", "--justice", "4"],
        ["run"],
        ["run", "--methods", "a", "--lr", "taken"],
        ["fly"],
    ):
        failed = cli(*words)
        assert (failed.code, failed.err.count("\n")) == (2, 1)
        assert failed.err.startswith("error: ")
    bare = cli()
    assert (bare.code, bare.err) == (2, "")
    assert "Usage" in bare.out
    assert cli("-h").code == 0
    assert cli("--version").out.startswith("srbench 0.")


def test_an_absent_dataset_says_how_to_get_it(cli):
    failed = cli("run", "--methods", "bicubic", "--datasets", "set14")
    assert failed.code == 2
    assert "srbench datasets import set14 DIR" in failed.err


def test_failures_are_noted_and_exit_1(cli, photos):
    (photos / "empty.png").write_bytes(b"")
    done = cli("run", "--methods", "nearest,bicubic", "--datasets", photos)
    assert done.code == 1
    assert "3/4" in done.out
    assert "./photos/empty: failed: empty.png: empty file" in done.err
    assert "error: 2 of 8 records failed" in done.err


def test_a_folder_in_use(cli, photos, tmp_path):
    (tmp_path / "run").mkdir()
    with FileLock(tmp_path / "run" / ".lock", timeout=0):
        failed = cli("run", "--methods", "nearest", "--datasets", photos, "--output", "run")
    assert (failed.code, failed.err.count("\n")) == (2, 1)
    assert "in use by another srbench run" in failed.err


def test_score(cli, photos, tmp_path):
    for path in photos.iterdir():
        image = read_image(path)
        cut = image[:, : image.shape[1] // 2 * 2, : image.shape[2] // 2 * 2]
        write_image(tmp_path / "sr" / f"{path.stem}x2.png", np.clip(cut, 8, 247))
    done = cli("score", "--dataset", photos, "--scale", "2", "--images", "sr", "--name", "rcan", "--output", "scored")
    assert done.code == 0, done.err
    assert "rcan" in done.out
    assert (tmp_path / "scored" / "leaderboard.md").exists()
    (tmp_path / "sr" / "onex2.png").unlink()
    failed = cli("score", "--dataset", photos, "--scale", "2", "--images", "sr", "--name", "rcan")
    assert failed.code == 2
    assert "no image for one (1 of 3 missing)" in failed.err


def test_verify_with_nothing_to_verify_fails(cli):
    failed = cli("verify")
    assert failed.code == 1
    assert "nothing could be checked" in failed.err
    assert "0 of 0 figures" in failed.out


def test_import_then_verify(cli, benchmark_data):
    done = cli("datasets", "import", "set5", benchmark_data)
    assert done.code == 0
    assert "5 images (all pixels as its card lists) and 15 LR files" in done.out
    assert '"state": "ready"' in cli("list", "datasets", "--json").out
    verified = cli("verify")
    assert verified.code == 0, verified.out
    assert "12 of 12 figures within their tolerance" in verified.out
    assert max(len(line) for line in verified.out.splitlines()) <= 80


def test_a_figure_that_is_off_exits_1(cli, benchmark_data, monkeypatch):
    from srbench.harness.literature.verify import Check

    cli("datasets", "import", "set5", benchmark_data)
    monkeypatch.setattr(Check, "difference", property(lambda self: 0.02))
    failed = cli("verify")
    assert failed.code == 1
    assert "OFF" in failed.out
    assert "0 of 12 figures" in failed.out


def test_two_runs_in_folders_of_one_name_are_both_shown(cli, photos):
    for parent, method in (("x", "nearest"), ("y", "bilinear")):
        assert cli("run", "--methods", method, "--datasets", photos, "--output", f"{parent}/run").code == 0
    rows = json.loads(cli("leaderboard", "x/run", "y/run", "--json").out)
    assert [row["method"] for row in rows] == ["bilinear", "nearest"]


def test_folders_of_one_name_do_not_share_a_run(cli, photos, tmp_path):
    (tmp_path / "other").mkdir()
    photos.rename(tmp_path / "other" / "photos")
    photos.mkdir()
    write_image(photos / "one.png", np.zeros((3, 32, 32), np.uint8))
    written = [
        cli("run", "--methods", "nearest", "--datasets", d).out.split()[-1] for d in ("./photos", "./other/photos")
    ]
    assert written[0] != written[1]


def test_progress_is_shown_on_a_terminal(monkeypatch, capsys):
    from rich.console import Console

    from srbench.cli.progress import progress_bar

    monkeypatch.setattr(Console, "is_terminal", property(lambda self: True))
    with progress_bar("records") as progress:
        progress(3, 10)
    assert "3/10" in capsys.readouterr().err
