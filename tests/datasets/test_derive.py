"""Datasets made from other images, and parts of datasets that are the same in every run."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import srbench
from srbench.api import Dataset, Labels
from srbench.cards import installed_cards
from srbench.datasets import Preparation, open_dataset, prepare_folder, selected
from srbench.datasets.derive import part_of, square
from srbench.datasets.find import limited
from srbench.errors import DatasetError, OutputError, RequestError
from srbench.files import read_image, write_image

COCO = {"train": 75, "val": 20, "test": 5}


@given(st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=40, unique=True))
def test_a_part_depends_on_the_name_alone(names):
    assert {name: part_of(name, COCO) for name in names} == {name: part_of(name, COCO) for name in reversed(names)}
    assert all(part_of(name, None) == "" for name in names)


def test_parts_have_their_shares():
    parts = [part_of(f"{number:012d}", COCO) for number in range(4000)]
    assert parts.count("train") / 4000 == pytest.approx(0.75, abs=0.03)
    assert parts.count("test") / 4000 == pytest.approx(0.05, abs=0.015)


def test_squares_are_from_the_middle(photo):
    image = photo(60, 90)
    assert np.array_equal(square(image, 60), image[:, :, 15:75])
    assert square(image, 20).shape == (3, 20, 20)
    assert square(image[:1], 20).shape == (3, 20, 20)


def test_a_folder_as_the_report_made_it(photos, photo, tmp_path):
    """Short side of 64 or more, squares of 32: one of the three photographs is too small."""
    report = prepare_folder(
        open_dataset(str(photos), installed_cards()).samples, tmp_path / "made", Preparation(32, 64)
    )
    assert (dict(report.parts), report.too_small) == ({"made": 2}, 1)
    assert [read_image(path).shape for path in sorted((tmp_path / "made").iterdir())] == [(3, 32, 32)] * 2
    assert srbench.run("nearest", datasets=str(tmp_path / "made"), scale=2, metrics="l1").failed == 0


def test_nothing_is_enlarged_unless_it_is_asked_for(photos, tmp_path):
    samples = open_dataset(str(photos), installed_cards()).samples
    assert prepare_folder(samples, tmp_path / "made", Preparation(64)).too_small == 1
    assert prepare_folder(samples, tmp_path / "large", Preparation(200, 1)).too_small == 0


def test_nothing_is_half_made(photos, tmp_path):
    (photos / "zzz.png").write_bytes(b"no image")
    samples = open_dataset(str(photos), installed_cards()).samples
    with pytest.raises(DatasetError, match="nothing was made; 1 images fail"):
        prepare_folder(samples, tmp_path / "made", Preparation(32))
    (photos / "zzz.png").unlink()
    with pytest.raises(DatasetError, match="none of 3 images"):
        prepare_folder(samples[:3], tmp_path / "made", Preparation(32, 1000))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["photos"]
    with pytest.raises(OutputError, match="already exists"):
        prepare_folder(samples[:3], photos, Preparation(32))


@pytest.mark.parametrize(("values", "message"), [({"side": 0}, "1 pixel"), ({"parts": {"a": 50}}, "add up to 50")])
def test_what_cannot_be_prepared(values, message):
    with pytest.raises(RequestError, match=message):
        Preparation(**values)


def test_the_verb_takes_some_images_and_their_labels(photos, tmp_path, cli):
    attributes = tmp_path / "attr.txt"
    attributes.write_text("4\nA B\none.jpg 1 -1\ntwo.jpg -1 -1\nthree.jpg 1 1\nother.jpg 1 1\n")
    done = cli("datasets", "prepare", photos, "-o", tmp_path / "made", "--ids", "one-three", "--labels", attributes)
    assert done.code == 0
    assert "made: 2 images" in done.out
    assert (tmp_path / "made" / "labels.csv").read_text() == "image,A,B\none.png,1,0\nthree.png,1,1\n"
    assert (tmp_path / "made" / "one.png").read_bytes() == (photos / "one.png").read_bytes()
    again = cli("datasets", "prepare", tmp_path / "made", "-o", tmp_path / "parts", "--side", "16", "--parts", "a=100")
    assert again.code == 0
    assert (tmp_path / "parts" / "a" / "labels.csv").read_text() == "image,A,B\none.png,1,0\nthree.png,1,1\n"
    for words, message in (
        (("--ids", "x-y"), "no image of"),
        (("--parts", "a:1"), "write NAME=PERCENT"),
        (("--limit", "0"), "take 1 image or more"),
        (("--split", "valid"), "a folder has no split"),
    ):
        wrong = cli("datasets", "prepare", photos, "-o", tmp_path / "wrong", *words)
        assert (wrong.code, message in wrong.err) == (2, True)
    attributes.write_text("1\nA\none.jpg 1\n")
    lacking = cli("datasets", "prepare", photos, "-o", tmp_path / "wrong", "--labels", attributes)
    assert "no label for 2 of 3 images" in lacking.err


@given(st.integers(1, 40), st.integers(1, 40))
def test_a_larger_subset_holds_the_smaller_ones(first, second):
    from pathlib import Path

    from srbench.api import Sample

    samples = tuple(Sample(f"{number:06d}", Path("x")) for number in range(30))
    whole = Dataset("faces", samples, labels=Labels("attributes", ("A",), {one.id: (1,) for one in samples}))
    small, large = (limited(whole, count) for count in sorted((first, second)))
    assert len(small.samples) == min(30, first, second)
    ids = [sample.id for sample in large.samples]
    assert {sample.id for sample in small.samples} <= set(ids)
    assert ids == sorted(ids)
    assert set(large.labels.values) == set(ids)
    assert large.name == ("faces" if max(first, second) >= 30 else f"faces[{max(first, second)}]")


def test_a_subset_has_a_row_and_a_hash_of_its_own(photos):
    some = srbench.run("nearest", datasets=str(photos), metrics="l1", limit=2).leaderboard.iloc[0]
    whole = srbench.run("nearest", datasets=str(photos), metrics="l1").leaderboard.iloc[0]
    assert (some["dataset"], some["images"]) == ("./photos[2]", 2)
    assert some["dataset_sha256"] != whole["dataset_sha256"]
    with pytest.raises(RequestError, match="limit=0"):
        srbench.run("nearest", datasets=str(photos), limit=0)


def test_a_dataset_without_splits_has_none(photos):
    with pytest.raises(RequestError, match="none of bundled has splits"):
        srbench.run("nearest", datasets="bundled", split="valid")
    with pytest.raises(RequestError, match="a folder has no split"):
        selected(str(photos), split="valid")


def test_alike_images_make_alike_squares(tmp_path, photo):
    for name in ("a", "b"):
        write_image(tmp_path / "in" / f"{name}.png", photo(40, 50))
    prepare_folder(open_dataset(str(tmp_path / "in"), installed_cards()).samples, tmp_path / "out", Preparation(16))
    assert np.array_equal(read_image(tmp_path / "out" / "a.png"), read_image(tmp_path / "out" / "b.png"))
