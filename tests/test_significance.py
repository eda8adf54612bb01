"""Differences between methods: against scipy and by hand, and in properties that any such table must have."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from srbench.significance import LEAST_IMAGES, Difference, compare_pair, compare_pairs, letters, mean_interval


def figures(*columns):
    return {f"m{index}": {f"i{row}": float(value) for row, value in enumerate(c)} for index, c in enumerate(columns)}


def test_a_pair_by_hand():
    found = compare_pair("m0", "m1", figures([3, 2, 1, 5], [1, 2, 2, 1]), higher_is_better=True)
    assert (found.images, found.mean, found.wins, found.ties, found.losses) == (4, 1.25, 2, 1, 1)
    assert found.p is None
    turned = compare_pair("m0", "m1", figures([3, 2, 1, 5], [1, 2, 2, 1]), higher_is_better=False)
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
    assert compare_pair("m0", "m1", figures(range(10, 15), range(5)), higher_is_better=True).p is None
    same = compare_pair("m0", "m1", figures(range(LEAST_IMAGES), range(LEAST_IMAGES)), higher_is_better=True)
    assert (same.p, same.mean, same.low, same.high) == (1.0, 0, 0, 0)
    six = compare_pair("m0", "m1", figures([1, 3, 5, 7, 9, 11], range(6)), higher_is_better=True)
    assert six.p == pytest.approx(2 / 64)


def test_no_image_in_common_is_an_error():
    with pytest.raises(ValueError, match="no image in common"):
        compare_pair("a", "b", {"a": {"x": 1.0}, "b": {"y": 1.0}}, higher_is_better=True)


def test_the_interval_covers_the_mean_as_often_as_it_says():
    generator = np.random.default_rng(2)
    intervals = [mean_interval(generator.normal(1.0, 1.0, 30)) for _ in range(200)]
    assert 180 <= sum(low <= 1.0 <= high for low, high in intervals) <= 199


@given(st.lists(st.floats(-50, 50, width=32), min_size=1, max_size=40))
def test_an_interval_lies_within_its_values_and_is_seeded(values):
    low, high = mean_interval(np.array(values))
    assert min(values) - 1e-6 <= low <= high <= max(values) + 1e-6
    assert mean_interval(np.array(values)) == (low, high)


@given(st.integers(2, 7), st.data())
def test_two_methods_share_a_letter_just_where_they_cannot_be_told_apart(count, data):
    methods = [f"m{index}" for index in range(count)]
    pairs = list(combinations(methods, 2))
    apart = data.draw(st.lists(st.booleans(), min_size=len(pairs), max_size=len(pairs)))
    found = [
        Difference(a, b, 10, 0.0, 0.0, 0.0, 0, 0, 0, 0.001 if real else 0.5)
        for (a, b), real in zip(pairs, apart, strict=True)
    ]
    given_letters = letters(methods, found)
    assert all(given_letters.values())
    for (a, b), real in zip(pairs, apart, strict=True):
        assert bool(set(given_letters[a]) & set(given_letters[b])) != real
    assert given_letters[methods[0]].startswith("a")
