"""Label files: what is wrong with one is said with its line, and nothing in it is dropped."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srbench.datasets import read_attributes
from srbench.datasets.labels import read_label_table, required_labels
from srbench.errors import DatasetError

names = st.lists(st.from_regex(r"[A-Za-z0-9_]{1,8}", fullmatch=True), min_size=1, max_size=6, unique=True)


@st.composite
def tables(draw):
    """Attribute names, rows by image, and the end of a line."""
    classes = draw(names)
    images = draw(st.lists(st.integers(1, 999_999).map(lambda n: f"{n:06d}"), min_size=1, max_size=12, unique=True))
    rows = {image: draw(st.tuples(*[st.integers(0, 1)] * len(classes))) for image in images}
    return classes, rows, draw(st.sampled_from(["\n", "\r\n"]))


def celeba(classes, rows, end, count=None):
    lines = [str(len(rows) if count is None else count), " ".join(classes) + " "]
    lines += [f"{image}.jpg " + "  ".join("1" if value else "-1" for value in row) for image, row in rows.items()]
    return end.join(lines) + end


@given(tables())
def test_both_forms_are_read_as_they_were_written(tmp_path_factory, table):
    classes, rows, end = table
    folder = tmp_path_factory.mktemp("labels")
    (folder / "attr.txt").write_bytes(celeba(*table).encode())
    csv = end.join([",".join(["image", *classes]), *(",".join([k, *map(str, v)]) for k, v in rows.items())]) + end
    (folder / "labels.csv").write_bytes(csv.encode())
    for labels in (read_attributes(folder / "attr.txt"), read_label_table(folder / "labels.csv")):
        if labels.task == "classes":  # a single attribute of the name `label` reads as a class
            assert classes == ["label"]
            continue
        assert (labels.classes, dict(labels.values)) == (tuple(classes), rows)


@given(tables(), st.integers(0, 30), st.data())
def test_a_count_or_a_row_that_does_not_fit_is_an_error(tmp_path_factory, table, count, data):
    classes, rows, end = table
    path = tmp_path_factory.mktemp("labels") / "attr.txt"
    if count != len(rows):
        path.write_text(celeba(*table, count=count))
        with pytest.raises(DatasetError, match=f"says {count} rows and has {len(rows)}"):
            read_attributes(path)
    text = celeba(*table).split(end)
    victim = data.draw(st.integers(2, len(rows) + 1))
    text[victim] = data.draw(
        st.sampled_from([text[victim] + " 1", text[victim].replace("1", "0"), "x.jpg", "x.jpg 1 2 3"])
    )
    path.write_text(end.join(text))
    with pytest.raises(DatasetError, match=rf"line {victim + 1}: expected a file name and 1 or -1 for {len(classes)}"):
        read_attributes(path)


@given(tables(), st.sets(st.integers(0, 11)), st.sets(st.integers(1_000_000, 1_000_009)))
def test_labels_are_of_all_images_and_of_no_others(tmp_path_factory, table, without, strangers):
    _, rows, _ = table
    path = tmp_path_factory.mktemp("labels") / "attr.txt"
    path.write_bytes(celeba(*table).encode())
    labels = read_attributes(path)
    kept = [image for index, image in enumerate(rows) if index not in without]
    ids = kept + [str(number) for number in sorted(strangers)]
    if ids == list(rows):
        assert required_labels(labels, ids, path) is labels
        return
    with pytest.raises(DatasetError) as caught:
        required_labels(labels, ids, path)
    message = str(caught.value)
    assert f"{len(rows)} rows for {len(ids)} images" in message
    assert (f"{len(strangers)} images have no row" in message) == bool(strangers)
    assert (f"{len(rows) - len(kept)} rows are of images that are not here" in message) == (len(kept) < len(rows))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected a first line"),
        ("image,label\n", "and rows below it"),
        ("name,label\na,b\n", "expected a first line"),
        ("image,label\na,cat\na,dog\n", "line 3: a is listed twice"),
        ("image,label\na,\n", "line 2: a has no label"),
        ("image,label\na,cat,dog\n", "line 2: 3 fields"),
        ("image,x,x\na,1,0\n", "'x' is named twice"),
        ("image,x,y\na,1,2\n", "line 2: expected 1 or 0 for each of 2"),
        ("image,label\n,cat\n", "line 2: no name is given"),
        ('image,label\na,"cat\nb,dog\n', "invalid CSV"),
    ],
)
def test_a_table_says_what_is_wrong_with_it(tmp_path, text, message):
    (tmp_path / "labels.csv").write_text(text)
    with pytest.raises(DatasetError, match=message):
        read_label_table(tmp_path / "labels.csv")


def test_classes_are_in_the_order_of_their_names(tmp_path):
    (tmp_path / "labels.csv").write_text('image,label\na.png,dog\nb.png,"cat, large"\n')
    labels = read_label_table(tmp_path / "labels.csv")
    assert (labels.task, labels.classes) == ("classes", ("cat, large", "dog"))
    assert labels.values == {"a": (1,), "b": (0,)}


def test_a_count_that_is_no_number(tmp_path):
    (tmp_path / "attr.txt").write_text("²\nA\na.jpg 1\n", encoding="utf-8")
    with pytest.raises(DatasetError, match="expected the number of rows"):
        read_attributes(tmp_path / "attr.txt")


def test_what_cannot_be_read(tmp_path):
    for read in (read_attributes, read_label_table):
        with pytest.raises(DatasetError, match="cannot be read"):
            read(tmp_path / "absent")
        (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
        with pytest.raises(DatasetError, match="cannot be read"):
            read(tmp_path / "bytes")
