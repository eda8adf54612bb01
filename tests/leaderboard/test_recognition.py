"""Scores over images: by hand, against other libraries, and in properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from srbench.api import Prediction
from srbench.classifiers.prediction import predicted
from srbench.leaderboard.columns.recognition import by_attribute, estimates

bits = st.integers(0, 1)


def looked(sr, hr, truth=None, task="attributes"):
    return Prediction(task, tuple(sr), tuple(hr), None if truth is None else tuple(truth), 0.0, None)


@given(st.lists(st.floats(-20, 20, width=32), min_size=2, max_size=12), st.data())
def test_divergence_is_scipys(hr, data):
    sr = data.draw(st.lists(st.floats(-20, 20, width=32), min_size=len(hr), max_size=len(hr)))
    sr, hr = np.array(sr, np.float32), np.array(hr, np.float32)
    one = predicted("classes", sr, hr, None)
    p, q = (np.exp(side.astype(np.float64)) for side in (hr, sr))
    assert one.kl == pytest.approx(stats.entropy(p, q), abs=1e-9)
    several = predicted("attributes", sr, hr, None)
    each = [stats.entropy([1 / (1 + np.exp(-a)), 1 / (1 + np.exp(a))], [1 / (1 + np.exp(-b)), 1 / (1 + np.exp(b))])
            for a, b in zip(hr.astype(np.float64), sr.astype(np.float64), strict=True)]  # fmt: skip
    assert several.kl == pytest.approx(np.mean(each), abs=1e-9)


def test_the_first_class_and_the_first_five():
    hr = np.array([0, 9, 1, 2, 3, 4, 5], np.float32)
    assert predicted("classes", hr, hr, (1,)) == Prediction("classes", (1,), (1,), (1,), 0.0, True)
    sixth = np.array([9, 0, 1, 2, 3, 4, -1], np.float32)
    assert predicted("classes", sixth, hr, None).near is False
    fifth = np.array([9, 1.5, 1, 2, 3, 4, -1], np.float32)
    assert predicted("classes", fifth, hr, None).near is True


def test_certainty_has_a_finite_divergence():
    assert np.isfinite(predicted("classes", np.array([0, 900], np.float32), np.array([900, 0], np.float32), None).kl)


@given(st.lists(st.tuples(bits, bits, bits), min_size=1, max_size=6))
def test_what_a_record_keeps_is_read_back(rows):
    sr, hr, truth = zip(*rows, strict=True)
    for one in (looked(sr, hr, truth), looked(sr, hr), Prediction("classes", (7,), (3,), (3,), 0.25, False)):
        assert Prediction.from_description(one.describe()) == one


def test_accuracy_by_hand():
    truth = [(1, 0), (1, 1), (0, 0), (0, 1)]
    hr = [(1, 0), (1, 1), (0, 0), (0, 0)]  # 7 of 8
    sr = [(1, 1), (1, 1), (1, 0), (0, 0)]  # 5 of 8
    found = estimates([looked(*three) for three in zip(sr, hr, truth, strict=True)])
    assert found["accuracy"].value == 5 / 8
    assert found["hr_accuracy"].value == 7 / 8
    assert found["retained"].value == pytest.approx(5 / 7)
    assert found["guess_accuracy"].value == 0.5
    several = [Prediction("classes", (0,), (0,), (number,), 0.0, True) for number in (0, 0, 0, 1)]
    assert estimates(several)["guess_accuracy"].value == 0.75
    # First attribute: 2 of 2 there, 1 of 2 not; second: 1 of 2 there, 1 of 2 not.
    assert found["balanced"].value == pytest.approx((0.75 + 0.5) / 2)
    rows = by_attribute([looked(*three) for three in zip(sr, hr, truth, strict=True)], ["a", "b"])
    assert [(row["positives"], row["accuracy"], row["balanced"]) for row in rows] == [(2, 0.75, 0.75), (2, 0.5, 0.5)]


def test_an_attribute_that_all_have_is_not_balanced():
    rows = [looked((1, 1), (1, 1), (1, truth)) for truth in (0, 1)]
    assert estimates(rows)["balanced"].value == 0.5  # of the second alone
    assert "balanced" not in by_attribute(rows, ["all", "some"])[0]
    nowhere = estimates([looked((1,), (1,), (1,))])
    assert np.isnan(nowhere["balanced"].value)


def test_one_image_without_a_label_makes_it_agreement():
    found = estimates([looked((1, 0), (1, 1), (1, 1)), looked((1, 0), (1, 0))])
    assert set(found) == {"agreement", "kl"}
    assert found["agreement"].value == 0.75


def test_nothing_seen_is_no_score():
    assert estimates([]) == {}


@settings(max_examples=25)
@given(st.lists(st.tuples(st.tuples(bits, bits), st.tuples(bits, bits)), min_size=10, max_size=30))
def test_intervals_hold_their_value_and_hr_keeps_all(rows):
    images = [looked(sr, sr, truth) for sr, truth in rows]
    found = estimates(images)
    accuracy = found["accuracy"]
    if accuracy.low is not None:
        assert 0 <= accuracy.low <= accuracy.value <= accuracy.high <= 1
    if "retained" in found:
        assert found["retained"].value == 1
        assert found["retained"].low is None  # all images agree: nothing is known about others
    assert estimates(images)["accuracy"] == accuracy  # seeded


def test_many_images_are_resampled_in_blocks_to_the_same_end(monkeypatch):
    generator = np.random.default_rng(1)
    images = [looked((value,), (1,), (1,)) for value in generator.integers(0, 2, 60)]
    kept = estimates(images)
    monkeypatch.setattr("srbench.leaderboard.significance.intervals._KEPT", 10)
    assert estimates(images)["accuracy"] == kept["accuracy"]


def test_a_few_images_have_no_interval():
    images = [looked((value,), (1,), (1,)) for value in (0, 1, 0, 1, 0, 1, 0, 1, 0, 1)]
    assert estimates(images[:9])["accuracy"].low is None
    assert estimates(images)["accuracy"].low is not None
    assert estimates([looked((1,), (1,), (1,))] * 50)["accuracy"].low is None  # all alike


def test_the_interval_is_as_wide_as_theory_says():
    """Of n images half right the standard error is 0.5/√n."""
    generator = np.random.default_rng(3)
    images = [looked((value,), (1,), (1,)) for value in generator.permutation([0, 1] * 200)]
    found = estimates(images)["accuracy"]
    assert found.high - found.low == pytest.approx(2 * 1.96 * 0.5 / 20, rel=0.15)
