"""Differences between methods: by hand, against scipy, by simulation, and in properties any such table must have."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
import simulation
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from srbench.api import MetricInfo
from srbench.leaderboard import compare_pairs, min_images
from srbench.leaderboard.significance import intervals, permutation
from srbench.leaderboard.significance.intervals import MIN_IMAGES, mean_intervals
from srbench.leaderboard.significance.letters import consistent, letters
from srbench.leaderboard.significance.paired import significant_pairs, standings

PSNR = MetricInfo("psnr", "dB", True, 3)
L1 = MetricInfo("l1", "8-bit levels", False, 3)


def figures(*columns):
    return {f"m{index}": {f"i{row}": float(value) for row, value in enumerate(c)} for index, c in enumerate(columns)}


def test_a_pair_by_hand():
    (found,) = compare_pairs(figures([3, 2, 1, 5], [1, 2, 2, 1]), PSNR)
    assert (found.images, found.mean, found.wins, found.ties, found.losses) == (4, 1.25, 2, 1, 1)
    assert (found.p, found.low, found.high) == (None, None, None)
    (turned,) = compare_pairs(figures([3, 2, 1, 5], [1, 2, 2, 1]), L1)
    assert (turned.mean, turned.wins, turned.losses) == (1.25, 1, 2)


@pytest.mark.parametrize("images", [6, 9, 12])
def test_p_is_scipys_exact_permutation_test_of_the_mean(images):
    generator = np.random.default_rng(images)
    differences = generator.normal(0.4, 1, (3, images))
    expected = [
        stats.permutation_test(
            (row, np.zeros(images)), lambda a, b: np.mean(a - b), permutation_type="samples", n_resamples=np.inf
        ).pvalue
        for row in differences
    ]
    assert permutation.sign_flip_p(differences) == pytest.approx(expected, abs=1e-12)


def test_a_sample_of_signs_agrees_with_all_of_them(monkeypatch):
    differences = np.random.default_rng(3).normal(0.3, 1, (4, 16))
    exact = permutation.sign_flip_p(differences)
    monkeypatch.setattr(permutation, "EXACT", 5)
    assert permutation.sign_flip_p(differences) == pytest.approx(exact, abs=0.01)
    assert np.array_equal(permutation.sign_flip_p(differences), permutation.sign_flip_p(differences))  # seeded


def test_p_is_adjusted_as_holm_did():
    assert permutation.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert permutation.holm([0.5, 0.9]) == [1.0, 1.0]
    assert permutation.holm([]) == []


def test_letters_do_not_contradict_the_order_of_means():
    """A method that wins by 0.1 dB on 27 images and loses by 6 dB on 3 has the lower mean, and no better letter."""
    better_often = np.full(30, 30.1)
    better_much = np.where(np.arange(30) < 27, 30.0, 36.1)
    found = figures(better_much, better_often)
    assert stats.wilcoxon(better_much - better_often).pvalue < 0.01  # of the ranks, not of the mean
    assert {one.group for one in standings(found, PSNR).values()} == {"a"}
    (pair,) = compare_pairs(found, PSNR)
    assert pair.mean > 0
    assert (pair.wins, pair.losses) == (3, 27)
    assert pair.p > 0.2


@given(st.integers(2, 5), st.integers(9, 12), st.integers(0, 2**32 - 1))
def test_of_two_methods_with_different_letters_the_better_has_the_earlier(methods, images, seed):
    generator = np.random.default_rng(seed)
    values = generator.standard_t(2, (methods, images)) + generator.normal(0, 2, (methods, 1))
    found = figures(*values)
    ranked = list(standings(found, PSNR).items())
    for (first, better), (second, worse) in combinations(ranked, 2):
        assert np.mean(list(found[first].values())) >= np.mean(list(found[second].values()))
        if not set(better.group) & set(worse.group):
            assert better.group[0] < worse.group[0]


@given(st.integers(2, 6), st.data())
def test_claims_that_contradict_each_other_are_dropped(count, data):
    order = [f"m{index}" for index in range(count)]
    pairs = [frozenset(pair) for pair in combinations(order, 2)]
    values = data.draw(st.lists(st.floats(0, 0.05) | st.none(), min_size=len(pairs), max_size=len(pairs)))
    claims = {pair: p for pair, p in zip(pairs, values, strict=True) if p is not None}
    kept = consistent(order, claims)
    assert kept <= set(claims)
    for a, b, c in combinations(order, 3):
        if {frozenset({a, b}), frozenset({b, c})} <= kept:
            assert frozenset({a, c}) in kept
    if all(frozenset({a, c}) in claims or not {frozenset({a, b}), frozenset({b, c})} <= set(claims)
           for a, b, c in combinations(order, 3)):  # fmt: skip
        assert kept == set(claims)


def test_a_difference_that_nobody_can_see_is_a_tie():
    base = np.random.default_rng(1).normal(30, 2, 40)
    (found,) = compare_pairs(figures(base + 1.6e-9, base), PSNR)
    assert (found.ties, found.p) == (40, 1.0)
    assert {one.group for one in standings(figures(base + 0.0004, base), PSNR).values()} == {"a"}
    assert {one.group for one in standings(figures(base + 0.0006, base), PSNR).values()} == {"a", "b"}
    # One large difference does not make 29 invisible ones count.
    alone = np.where(np.arange(40) == 0, base + 6, base + 1e-7)
    (found,) = compare_pairs(figures(alone, base), PSNR)
    assert (found.wins, found.ties, found.p) == (1, 39, 1.0)


def test_five_images_are_too_few_and_equal_ones_are_equal():
    (few,) = compare_pairs(figures(range(10, 15), range(5)), PSNR)
    assert few.p is None
    assert significant_pairs(figures(range(10, 15), range(5)), PSNR) == {}
    (same,) = compare_pairs(figures(range(6), range(6)), PSNR)
    assert (same.p, same.mean, same.ties) == (1.0, 0, 6)
    (six,) = compare_pairs(figures([1, 3, 5, 7, 9, 11], range(6)), PSNR)
    assert six.p == pytest.approx(2 / 64)
    assert set(significant_pairs(figures([1, 3, 5, 7, 9, 11], range(6)), PSNR)) == {frozenset({"m0", "m1"})}


def test_other_images_are_an_error():
    with pytest.raises(ValueError, match="b has figures of 1 images, which are not those of the others"):
        compare_pairs({"a": {"x": 1.0}, "b": {"y": 1.0}}, PSNR)


@pytest.mark.parametrize("name", simulation.DISTRIBUTIONS)
@pytest.mark.parametrize("images", [MIN_IMAGES, 14, 40])
def test_the_interval_covers_the_mean_as_often_as_it_says(name, images):
    """95 % nominal. The long form is results/statistics.md."""
    assert 0.93 <= simulation.coverage(name, images, 3000) <= 0.97


@pytest.mark.parametrize(("methods", "images"), [(2, 6), (2, 14), (5, 12), (12, 14)])
def test_equally_good_methods_seldom_get_different_letters(methods, images):
    """5 % of the tables at most; of 400 that are at 5 %, 7.5 % or more are false in one of a hundred simulations."""
    assert simulation.false_letters("normal", methods, images, 400) < 0.075
    assert simulation.false_letters("heavy-tailed", methods, images, 200) < 0.09


def test_power_against_a_stated_effect():
    """Of a paired t-test at the same level: 0.92 for one standard deviation on 14 images, 0.75 for a half on 30."""
    assert simulation.power("normal", 14, 1.0, 300) > 0.85
    assert simulation.power("normal", 30, 0.5, 300) > 0.65


@pytest.mark.parametrize("score", ["accuracy", "retained", "balanced", "top1"])
def test_a_classifiers_interval_covers_its_score_as_often_as_it_says(score, monkeypatch):
    monkeypatch.setattr(intervals, "RESAMPLES", 1000)
    known, share = simulation.recognition_coverage(score, 30, 250)
    assert known > 0.8
    assert share >= 0.91  # 95 % within three standard errors of 250 samples; those of few different values are wider


@given(st.lists(st.floats(-50, 50, width=32), min_size=1, max_size=40))
def test_an_interval_holds_the_mean_and_is_seeded_and_turns_with_the_sign(values):
    rows = np.array([values, values, [-value for value in values]])
    (low, high), again, turned = mean_intervals(rows, 500)
    if len(values) < MIN_IMAGES or len(set(values)) == 1:
        assert np.isnan([low, high]).all()
    if not np.isnan(low):
        assert low <= np.mean(values) <= high
        assert turned == pytest.approx([-high, -low], abs=1e-9)
    assert np.array_equal(again, (low, high), equal_nan=True)


def test_an_interval_by_hand():
    values = np.random.default_rng(5).normal(0, 1, 12)
    drawn = values[np.random.default_rng(20_261_121).integers(0, 12, (10_000, 12))]
    t = np.sort((drawn.mean(axis=1) - values.mean()) / (drawn.std(axis=1) / np.sqrt(11)))
    both = np.sort(np.abs(t))[-501]
    error = values.std() / np.sqrt(11)
    expected = values.mean() - error * (t[-251] + both) / 2, values.mean() - error * (t[250] - both) / 2
    assert mean_intervals(values[None])[0] == pytest.approx(expected, abs=1e-9)


@given(st.integers(2, 7), st.data())
def test_two_methods_share_a_letter_just_where_they_cannot_be_told_apart(count, data):
    methods = [f"m{index}" for index in range(count)]
    pairs = list(combinations(methods, 2))
    apart = data.draw(st.lists(st.booleans(), min_size=len(pairs), max_size=len(pairs)))
    given_letters = letters(methods, {frozenset(pair) for pair, real in zip(pairs, apart, strict=True) if real})
    assert all(given_letters.values())
    for (a, b), real in zip(pairs, apart, strict=True):
        assert bool(set(given_letters[a]) & set(given_letters[b])) != real
    assert given_letters[methods[0]].startswith("a")


@pytest.mark.parametrize("methods", [2, 3, 4, 8, 12])
def test_so_many_images_are_enough_and_one_fewer_is_not(methods):
    enough = min_images(methods)
    for images, apart in ((enough, True), (enough - 1, False)):
        far = figures(*[np.arange(images) + 10 * method * (1 + np.arange(images)) for method in range(methods)])
        pairs = {frozenset(pair) for pair in combinations(far, 2)}
        assert set(significant_pairs(far, PSNR)) == (pairs if apart else set())
        groups = {name: one.group for name, one in standings(far, PSNR).items()}
        assert len(set(groups.values())) == (methods if apart else 1)
        assert ("" in groups.values()) != apart


def test_many_groups_have_many_letters():
    methods = [f"m{index}" for index in range(60)]
    found = letters(methods, {frozenset(pair) for pair in combinations(methods, 2)})
    assert len(set(found.values())) == 60
    assert (found["m0"], found["m25"], found["m26"], found["m52"]) == ("a", "z", "A", "(53)")
