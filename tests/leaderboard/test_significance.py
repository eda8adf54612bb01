"""Differences between methods: against scipy and by hand, and in properties that any such table must have."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from srbench.leaderboard import compare_pairs, min_images
from srbench.leaderboard.significance.intervals import mean_intervals
from srbench.leaderboard.significance.paired import letters, significant_pairs, standings


def figures(*columns):
    return {f"m{index}": {f"i{row}": float(value) for row, value in enumerate(c)} for index, c in enumerate(columns)}


def test_a_pair_by_hand():
    (found,) = compare_pairs(figures([3, 2, 1, 5], [1, 2, 2, 1]), higher_is_better=True)
    assert (found.images, found.mean, found.wins, found.ties, found.losses) == (4, 1.25, 2, 1, 1)
    assert found.p is None
    (turned,) = compare_pairs(figures([3, 2, 1, 5], [1, 2, 2, 1]), higher_is_better=False)
    assert (turned.mean, turned.wins, turned.losses) == (1.25, 1, 2)


def test_p_is_wilcoxons_and_holms():
    generator = np.random.default_rng(0)
    data = [generator.normal(mean, 1, 20) for mean in (0, 0.2, 1.5)]
    found = compare_pairs(figures(*data), higher_is_better=True)
    plain = [stats.wilcoxon(a - b).pvalue for a, b in combinations(data, 2)]
    order = np.argsort(plain)
    adjusted = np.minimum(1, np.maximum.accumulate(np.array(plain)[order] * [3, 2, 1]))
    assert [found[index].p for index in order] == pytest.approx(list(adjusted))


def test_five_images_are_too_few_and_equal_ones_are_equal():
    (few,) = compare_pairs(figures(range(10, 15), range(5)), higher_is_better=True)
    assert few.p is None
    assert significant_pairs(figures(range(10, 15), range(5))) == set()
    (same,) = compare_pairs(figures(range(6), range(6)), higher_is_better=True)
    assert (same.p, same.mean, same.low, same.high) == (1.0, 0, 0, 0)
    (six,) = compare_pairs(figures([1, 3, 5, 7, 9, 11], range(6)), higher_is_better=True)
    assert six.p == pytest.approx(2 / 64)
    assert significant_pairs(figures([1, 3, 5, 7, 9, 11], range(6))) == {frozenset({"m0", "m1"})}


def test_other_images_are_an_error():
    with pytest.raises(ValueError, match="b has figures of 1 images, which are not those of the others"):
        compare_pairs({"a": {"x": 1.0}, "b": {"y": 1.0}}, higher_is_better=True)


def test_the_interval_covers_the_mean_as_often_as_it_says():
    generator = np.random.default_rng(2)
    intervals = mean_intervals(generator.normal(1.0, 1.0, (200, 30)))
    assert 180 <= sum(low <= 1.0 <= high for low, high in intervals) <= 199


@given(st.lists(st.floats(-50, 50, width=32), min_size=1, max_size=40))
def test_an_interval_lies_within_its_values_and_is_seeded(values):
    twice = mean_intervals(np.array([values, values]))
    low, high = twice[0]
    assert min(values) - 1e-6 <= low <= high <= max(values) + 1e-6
    assert np.array_equal(twice[1], twice[0])


def test_an_interval_is_the_gathered_samples():
    values = np.random.default_rng(5).normal(0, 1, 12)
    drawn = np.random.default_rng(20_261_121).integers(0, 12, (10_000, 12))
    expected = np.percentile(values[drawn].mean(axis=1), (2.5, 97.5))
    assert mean_intervals(values[None])[0] == pytest.approx(expected, abs=1e-12)


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
        assert significant_pairs(far) == (pairs if apart else set())
        groups = {name: group for name, (_, _, group) in standings(far, True).items()}
        assert len(set(groups.values())) == (methods if apart else 1)
        assert ("" in groups.values()) != apart


def test_many_groups_have_many_letters():
    methods = [f"m{index}" for index in range(60)]
    found = letters(methods, {frozenset(pair) for pair in combinations(methods, 2)})
    assert len(set(found.values())) == 60
    assert (found["m0"], found["m25"], found["m26"], found["m52"]) == ("a", "z", "A", "(53)")
