"""`--precision auto`: bf16 only where nobody would see it, and the row says which it was."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import srbench
from srbench.engine import auto_precision as trial
from srbench.files import write_image


def rounding_upscale(lr, scale):
    """A method whose results autocast changes: neighbours averaged by a product, in whatever precision is asked."""
    import torch

    large = lr.repeat_interleave(scale, -2).repeat_interleave(scale, -1)
    average = 0.7 * torch.eye(large.shape[-1]) + 0.3 * torch.eye(large.shape[-1]).roll(1, 0)
    return (large.reshape(-1, large.shape[-1]) @ average).reshape(large.shape)


rounding_upscale.network = object()  # shows one, so that another precision is tried


def outcome(photos, monkeypatch, speeds=(1.0, 2.0), **more):
    """A run whose trial finds the seconds that are said, fp32's and bf16's."""
    monkeypatch.setattr(trial, "_speedup", lambda full, half, job: speeds[0] / speeds[1])
    return srbench.run(rounding_upscale, datasets=str(photos), precision="auto", metrics="psnr", **more)


def test_bf16_is_taken_where_it_agrees_and_is_faster(photos, monkeypatch):
    monkeypatch.setattr(trial, "TOLERANCE", 10.0)
    result = outcome(photos, monkeypatch, speeds=(2.0, 1.0))
    assert result.leaderboard["precision"].item() == "bf16 (auto)"
    (found,) = result.description.trials
    assert found.precision == "bf16"
    assert found.images == 3
    assert 0 < found.difference < 10
    assert found.speedup == pytest.approx(2.0)
    assert any("bf16 moves PSNR by at most" in note for note in result.notes)


def test_fp32_is_kept_where_it_shows(photos, monkeypatch):
    """Samples rounded to 8 bits of mantissa are off by up to half a level, far more than the tolerance forgives."""
    monkeypatch.setattr(trial, "TOLERANCE", 1e-9)
    result = outcome(photos, monkeypatch, speeds=(2.0, 1.0))
    exact = srbench.run(rounding_upscale, datasets=str(photos), metrics="psnr")
    assert result.leaderboard["precision"].item() == "fp32 (auto)"
    assert list(result.records["psnr"]) == list(exact.records["psnr"])


def test_fp32_is_kept_where_bf16_is_slower(photos, monkeypatch):
    monkeypatch.setattr(trial, "TOLERANCE", 10.0)
    assert outcome(photos, monkeypatch).leaderboard["precision"].item() == "fp32 (auto)"


def test_what_learns_nothing_is_not_tried(photos):
    result = srbench.run("bicubic", datasets=str(photos), precision="auto", metrics="psnr")
    assert result.leaderboard["precision"].item() == "fp32"
    assert not result.description.trials


def test_a_method_that_fails_when_tried_fails_in_its_records(photos):
    def broken(lr, scale):
        raise ValueError("no")

    broken.network = object()
    result = srbench.run(broken, datasets=str(photos), precision="auto", metrics="psnr")
    assert result.failed == 3
    assert any("since it failed when tried" in note for note in result.notes)


def test_an_image_that_cannot_be_read_is_passed_over(photos, monkeypatch):
    (photos / "aaa-first.png").write_bytes(b"no image")
    monkeypatch.setattr(trial, "TOLERANCE", 10.0)
    result = outcome(photos, monkeypatch, speeds=(2.0, 1.0))
    (found,) = result.description.trials
    assert (found.precision, found.images, found.problem) == ("bf16", 3, "")
    assert result.failed == 1


def test_what_only_fp32_reproduces_exactly_is_not_a_number(tmp_path, monkeypatch):
    """A white frame has infinite PSNR, which JSON cannot hold; the run comes to its end."""
    write_image(tmp_path / "data" / "white.png", np.full((3, 32, 32), 255, np.uint8))

    def exact_in_fp32(lr, scale):
        import torch

        large = lr.repeat_interleave(scale, -2).repeat_interleave(scale, -1)
        return large if not torch.is_autocast_enabled("cpu") else large * 0.9

    exact_in_fp32.network = object()
    result = srbench.run(
        exact_in_fp32, datasets=str(tmp_path / "data"), precision="auto", metrics="l1", output=tmp_path / "run"
    )
    assert result.leaderboard["precision"].item() == "fp32 (auto)"
    assert result.description.trials[0].difference is None
    assert any("reproduces exactly" in note for note in result.notes)


def test_a_trial_is_on_the_disk_before_its_records(photos, tmp_path, monkeypatch):
    """A run killed after it must know why its rows say what they say."""
    import json

    from srbench.runs import RunStore

    held = []
    real = RunStore.append

    def append(self, record):
        held.append(len(json.loads((self.folder / "run.json").read_text()).get("trials", [])))
        real(self, record)

    monkeypatch.setattr(RunStore, "append", append)
    srbench.run("srcnn", datasets=str(photos), precision="auto", metrics="l1", output=tmp_path / "run")
    assert held == [1, 1, 1]


def test_a_run_that_goes_on_keeps_what_was_chosen(photos, tmp_path, monkeypatch):
    tried = []
    real = trial.try_bf16

    def counted(*arguments):
        tried.append(1)
        found = real(*arguments)
        return replace(found, precision="bf16")

    monkeypatch.setattr("srbench.engine.auto_precision.try_bf16", counted)
    run = {"datasets": str(photos), "precision": "auto", "metrics": "psnr", "output": tmp_path / "run"}
    first = srbench.run("edsr", **run)
    lines = (tmp_path / "run" / "records.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "run" / "records.jsonl").write_text("".join(lines[:1]))
    second = srbench.run("edsr", **run)
    assert tried == [1]
    assert second.reused == 1
    assert set(second.records["image"]) == {"one", "two", "three"}
    assert second.leaderboard["precision"].item() == first.leaderboard["precision"].item() == "bf16 (auto)"
    assert second.description.trials == first.description.trials
