"""Metrics by name, and as objects of the caller's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import srbench
from srbench.cards import installed_cards
from srbench.errors import RequestError, UndefinedMetricError, UnknownNameError
from srbench.metrics.find import CardMetric
from srbench.runs import open_run


def mad(sr, hr):
    return float(np.median(np.abs(sr.astype(float) - hr)))


MAD = srbench.Metric("mad", "8-bit levels", False, 2, "median absolute difference", mad)


def test_an_object_is_a_column_that_sorts_by_its_direction(photos, tmp_path):
    run = {"datasets": str(photos), "scale": 2, "metrics": [MAD, "psnr"], "output": tmp_path / "run"}
    result = srbench.run(["nearest", "bicubic"], **run)
    table = result.leaderboard
    assert table["mad"].is_monotonic_increasing
    assert "MAD ↓" in result._repr_html_()
    assert open_run(tmp_path / "run").description.metrics["mad"].decimals == 2
    # Its code is not known, so that no other call takes its values over.
    assert srbench.run(["nearest", "bicubic"], **run).reused == 0


def test_a_function_gets_floats_under_every_protocol(photos):
    """Differences of uint8 would wrap around."""
    own = srbench.Metric("own_l1", "", False, 3, function=lambda sr, hr: np.abs(sr - hr).mean())
    table = srbench.run("nearest", datasets=str(photos), protocol=["rgb", "classic-y"], metrics=["l1", own]).leaderboard
    np.testing.assert_allclose(table["own_l1"], table["l1"], rtol=1e-6)


def test_one_that_raises_leaves_the_others_their_values(photos):
    def broken(sr, hr):
        raise ZeroDivisionError("by\nzero")

    def shy(sr, hr):
        raise UndefinedMetricError("not for these")

    metrics = [srbench.Metric(name, "", True, 2, function=one) for name, one in (("broken", broken), ("shy", shy))]
    result = srbench.run("nearest", datasets=str(photos), metrics=["psnr", *metrics, "l1"])
    assert result.leaderboard[["psnr", "l1"]].notna().all(axis=None)
    assert result.leaderboard[["broken", "shy"]].isna().all(axis=None)
    assert any("no broken: raised ZeroDivisionError: by zero" in note for note in result.notes)
    assert any("no shy: not for these" in note for note in result.notes)


@pytest.mark.parametrize(
    ("metric", "error", "message"),
    [
        ("psnrr", UnknownNameError, "unknown metric 'psnrr', did you mean psnr"),
        (srbench.Metric("psnr", "", True, 2, function=mad), RequestError, "'psnr' is the name of another metric"),
        (srbench.Metric("images", "", True, 2, function=mad), RequestError, "'images' is the name of another"),
        (srbench.Metric("psnr_low", "", True, 2, function=mad), RequestError, "'psnr_low' is the name of another"),
        (mad, RequestError, r"srbench.Metric\(…, function=f\)"),
        (srbench.Metric("a,b", "", True, 2, function=mad), RequestError, "use lower-case letters, digits, _ and -"),
    ],
)
def test_names_that_cannot_be_columns(photos, metric, error, message):
    with pytest.raises(error, match=message):
        srbench.run("nearest", datasets=str(photos), metrics=["ssim", metric])


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", 5, "name is 5, expected text"),
        ("unit", None, "unit is None, expected text, empty for a pure number"),
        ("higher_is_better", "no", "higher_is_better is 'no', expected True or False"),
        ("decimals", 2.5, "decimals is 2.5, expected a whole number, 0 to 9"),
        ("decimals", -1, "decimals is -1, expected a whole number"),
        ("summary", None, "summary is None, expected text"),
        ("function", 5, "function is 5, expected a function of"),
        ("formula", "x:y", "formula is 'x:y', expected a function of an image pair"),
    ],
)
def test_an_object_with_an_invalid_field_stops_the_run(photos, tmp_path, field, value, message):
    with pytest.raises(RequestError) as failed:
        srbench.run("nearest", datasets=str(photos), metrics=replace(MAD, **{field: value}), output=tmp_path / "run")
    assert message in str(failed.value)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(("factory", "message"), [("builtins:id", "expected a function"), ("builtins:int", "int()")])
def test_a_factory_that_makes_no_metric_stops_the_run(photos, tmp_path, monkeypatch, factory, message):
    entry = installed_cards().metric("psnr")
    theirs = replace(entry, card=entry.card.model_copy(update={"formula": None, "factory": factory}))
    monkeypatch.setattr("srbench.harness.options.find_metrics", lambda *_: (CardMetric(theirs),))
    with pytest.raises(RequestError, match=r"metric psnr cannot be built: .*") as failed:
        srbench.run("nearest", datasets=str(photos), output=tmp_path / "run")
    assert message in str(failed.value)
    assert not (tmp_path / "run").exists()


def test_a_metric_computes_something():
    with pytest.raises(TypeError, match="give `function`, of two arrays, or `formula`"):
        srbench.Metric("nothing", "", True, 2)


def test_no_column_of_a_leaderboard_can_be_a_metrics_name(photos):
    from srbench.api.metric import RESERVED_COLUMNS

    result = srbench.run("nearest", datasets=str(photos), metrics="psnr", timing=[(16, 16)])
    own = {"psnr", "ssim", "ms_ssim", "l1", "psnr_low", "psnr_high"}
    assert set(result.leaderboard.columns) - own <= RESERVED_COLUMNS
    assert set(result.records.columns) - own <= RESERVED_COLUMNS


def test_an_option_that_does_not_exist_is_refused(photos):
    with pytest.raises(RequestError, match="no option 'metric', did you mean metrics"):
        srbench.run("nearest", datasets=str(photos), metric="psnr")
    with pytest.raises(RequestError, match="no option 'datasets'"):
        srbench.score(photos, name="x", dataset=str(photos), scale=2, datasets="bundled")
