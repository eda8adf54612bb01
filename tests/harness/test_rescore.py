"""Further metrics for a finished run: what a run that had asked for them would have, without running a method."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

import srbench
from srbench.cards import installed_cards
from srbench.errors import RequestError, StoppedError, StoreError
from srbench.files import read_image, write_image
from srbench.leaderboard import collected
from srbench.metrics import find_metrics
from srbench.runs import open_run
from srbench.runs.identities import metric_identity

FIRST, MORE = ["psnr", "ssim"], ["lr_psnr", "sharpness_error"]
OPTIONS = {"scale": 2, "protocol": ["classic-y", "rgb", "srcnn-y", "lanczos-y"]}


@pytest.fixture
def saved(photos, tmp_path):
    """The folder of a run with saved images."""
    folder = tmp_path / "run"
    srbench.run(["nearest", "bicubic"], datasets=str(photos), metrics=FIRST, output=folder, save_images=True, **OPTIONS)
    return folder


def test_the_tables_are_those_of_a_run_that_had_asked_for_them(saved, photos, tmp_path, monkeypatch):
    at_once = tmp_path / "at once"
    srbench.run(["nearest", "bicubic"], datasets=str(photos), metrics=[*FIRST, *MORE], output=at_once, **OPTIONS)

    def forbidden(*_):
        raise AssertionError("a method was run")

    monkeypatch.setattr("srbench.methods.upscale.upscale_planes", forbidden)
    result = srbench.rescore(saved, MORE)
    assert result.leaderboard[MORE].notna().all(axis=None)
    for name in ("leaderboard.csv", "leaderboard.md"):
        assert (saved / name).read_bytes() == (at_once / name).read_bytes()
    ours, theirs = (open_run(folder) for folder in (saved, at_once))
    assert [one.scores for one in ours.records] == [one.scores for one in theirs.records]
    assert ours.description.plan == theirs.description.plan
    assert ours.description.status == "complete"


def test_a_run_completes_what_was_rescored_without_computing_it_again(saved, photos):
    srbench.rescore(saved, MORE)
    again = srbench.run(["nearest", "bicubic"], datasets=str(photos), metrics=[*FIRST, *MORE], output=saved, **OPTIONS)
    assert again.reused == len(again.items) == 24
    assert srbench.rescore(saved, MORE).reused == 24


def test_one_that_is_interrupted_goes_on(saved, monkeypatch):
    seen = []

    def stop(done, total):
        seen.append((done, total))
        if done == 7:
            raise KeyboardInterrupt

    with pytest.raises(StoppedError, match="interrupted; what was scored is kept"):
        srbench.rescore(saved, MORE, progress=stop)
    between = open_run(saved)
    assert len(between.records) == 24
    assert sum(record.scores["lr_psnr"] is not None for record in between.records) == 7
    assert any("no lr_psnr: not computed yet; run srbench rescore" in note for note in collected([between]).notes)
    assert all(record.scores["psnr"] is not None for record in between.records)
    done = srbench.rescore(saved, MORE)
    assert done.reused == 7
    assert done.leaderboard[MORE].notna().all(axis=None)


def test_a_metric_that_has_changed_is_computed_again(saved):
    srbench.rescore(saved, MORE)
    path = saved / "run.json"
    described = json.loads(path.read_text())
    described["metrics"]["sharpness_error"]["identity"] = "another version"
    path.write_text(json.dumps(described))
    assert open_run(saved).records[0].scores["sharpness_error"] is None  # computed by this version, not by that
    result = srbench.rescore(saved, "sharpness_error")
    assert result.leaderboard[MORE].notna().all(axis=None)


def test_changed_images_are_refused(saved):
    path = next(path for path in (saved / "images").rglob("*.png") if "nearest" in str(path))
    image = read_image(path).copy()
    image[0, 0, 0] ^= 1
    write_image(path, image)
    before = (saved / "leaderboard.csv").read_bytes()
    with pytest.raises(StoreError, match=f"{path.name}: is not the image that was scored"):
        srbench.rescore(saved, MORE)
    assert (saved / "leaderboard.csv").read_bytes() == before


def test_missing_images_are_found_before_anything_is_changed(saved, photos):
    """So that the command of before completes the run, and then rescore can be asked again."""
    next((saved / "images").rglob("*.png")).unlink()
    before = {name: (saved / name).read_bytes() for name in ("run.json", "records.jsonl", "leaderboard.csv")}
    with pytest.raises(StoreError, match="run the methods again with --metrics psnr,ssim --save-images"):
        srbench.rescore(saved, MORE)
    assert before == {name: (saved / name).read_bytes() for name in before}
    options = {"datasets": str(photos), "metrics": FIRST, "output": saved, "save_images": True, **OPTIONS}
    srbench.run(["nearest", "bicubic"], **options)
    assert srbench.rescore(saved, MORE).failed == 0


def test_records_have_one_line_each_afterwards(saved):
    srbench.rescore(saved, MORE)
    lines = (saved / "records.jsonl").read_text().splitlines()
    assert len(lines) == 24
    assert all("lr_psnr" in json.loads(line)["scores"] for line in lines)


def test_an_image_that_does_not_give_its_score_is_refused(saved):
    """As if another version had scored it; the line is whole in itself."""
    first, *others = open_run(saved).records
    altered = replace(first, scores={**first.scores, "psnr": first.scores["psnr"] + 0.01})
    (saved / "records.jsonl").write_text("".join(f"{one.to_json()}\n" for one in (altered, *others)))
    with pytest.raises(StoreError, match="its saved image has psnr .*, its record .*; this srbench scores otherwise"):
        srbench.rescore(saved, MORE)


def test_a_run_of_schema_3_that_is_interrupted_keeps_no_score_of_another_version(saved):
    """Its records do not say what measured them."""
    run = open_run(saved)
    (saved / "records.jsonl").write_text("".join(f"{replace(one, measured_by={}).to_json()}\n" for one in run.records))
    path = saved / "run.json"
    described = json.loads(path.read_text())
    described["metrics"]["ssim"]["identity"] = "older"
    path.write_text(json.dumps(described))

    def stop(done, total):
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(StoppedError):
        srbench.rescore(saved, "ssim", progress=stop)
    assert sum(record.scores["ssim"] is not None for record in open_run(saved).records) == 5
    done = srbench.rescore(saved, "ssim")
    assert done.reused == 5
    assert done.description.status == "complete"


def test_a_changed_psnr_is_computed_again(saved):
    run = open_run(saved)
    older = [replace(one, measured_by={**one.measured_by, "psnr": "older"}) for one in run.records]
    (saved / "records.jsonl").write_text("".join(f"{one.to_json()}\n" for one in older))
    assert open_run(saved).records[0].scores["psnr"] is None
    result = srbench.rescore(saved, "psnr")
    assert [one.scores for one in result.items] == [one.scores for one in run.records]


def test_each_protocols_hash_counts(saved):
    run = open_run(saved)
    other = [replace(one, image_sha256="0" * 64) if one.key.protocol == "rgb" else one for one in run.records]
    (saved / "records.jsonl").write_text("".join(f"{one.to_json()}\n" for one in other))
    with pytest.raises(StoreError, match="is not the image that was scored"):
        srbench.rescore(saved, MORE)


def test_the_engines_code_and_the_device_are_part_of_what_measured_a_score(monkeypatch):
    spec = find_metrics(("ssim",), installed_cards())[0]
    before = spec.identity()
    monkeypatch.setattr("srbench.metrics.find.numbers_code", lambda: "another engine")
    assert spec.identity() != before
    assert metric_identity(spec, "cpu") != metric_identity(spec, "NVIDIA H200")


def test_what_cannot_be_rescored(saved, photos, tmp_path):
    srbench.run("nearest", datasets=str(photos), metrics="psnr", output=tmp_path / "unsaved")
    with pytest.raises(RequestError, match="3 of 3 results were not saved, first nearest on ./photos/one"):
        srbench.rescore(tmp_path / "unsaved", MORE)
    with pytest.raises(RequestError, match="metric l1 given twice"):
        srbench.rescore(saved, ["l1", "l1"])
    with pytest.raises(RequestError, match="holds no srbench run"):
        srbench.rescore(photos, MORE)
    with pytest.raises(RequestError, match="unknown metric 'lr_psnrr', did you mean lr_psnr"):
        srbench.rescore(saved, "lr_psnrr")
    path = saved / "run.json"
    path.write_text(path.read_text().replace(open_run(saved).description.protocols["rgb"].hash, "0123456789ab"))
    with pytest.raises(RequestError, match="protocol rgb has changed since the run"):
        srbench.rescore(saved, MORE)


def test_failed_images_stay_failed(photos, tmp_path):
    def fails_on_tall(lr, scale):
        if lr.shape[-2] > lr.shape[-1]:
            raise ValueError("tall")
        return lr.repeat_interleave(scale, 2).repeat_interleave(scale, 3)

    folder = tmp_path / "run"
    srbench.run([fails_on_tall, "nearest"], datasets=str(photos), metrics="psnr", output=folder, save_images=True)
    result = srbench.rescore(folder, "lr_psnr")
    assert result.failed == 2
    assert np.isfinite(result.leaderboard.set_index("method").loc["nearest", "lr_psnr"])


def test_from_the_command_line(saved, cli):
    made = cli("rescore", saved, "--metrics", "lr_psnr")
    assert made.code == 0
    assert "LR-PSNR dB ↑" in made.out
    other = cli("run", "--methods", "nearest,bicubic", "--datasets", saved.parent / "photos", "--output", saved)
    assert other.code == 2
    wrong = cli("rescore", saved, "--metrics", "lr_psnr", "--weights", "edsr@x=f.pt")
    assert wrong.code == 2
    assert "--weights edsr@x=f.pt: edsr@x is not among --metrics lr_psnr; write METRIC=FILE" in wrong.err
