"""Label files that are malformed, or not of exactly the images: refused before anything is written."""

from __future__ import annotations

import os

import pytest
from planted import row, run_of


def table(text, name="labels.csv"):
    return lambda photos: (photos / name).write_bytes(text if isinstance(text, bytes) else text.encode())


HEAD = r"expected a first line 'image,label' or 'image,NAME,NAME…', and rows below it$"
ROWS = "one,0\ntwo,1\nthree,0\n"
LABELS = [
    row("no header", table(ROWS), 2, HEAD),
    row("no label column", table("image\none\ntwo\nthree\n"), 2, HEAD),
    row("semicolons", table(f"image,label\n{ROWS}".replace(",", ";")), 2, HEAD),
    row("tabs", table(f"image,label\n{ROWS}".replace(",", "\t")), 2, HEAD),
    row("empty", table(""), 2, HEAD),
    row("head alone", table("image,label\n"), 2, HEAD),
    row(
        "unknown image",
        table(f"image,label\n{ROWS}four,1\n"),
        2,
        "4 rows for 3 images: 1 rows are of images that are not",
    ),
    row(
        "missing image", table("image,label\none,0\ntwo,1\n"), 2, r"2 rows for 3 images: 1 images have no row \(three\)"
    ),
    row("image twice", table(f"image,label\n{ROWS}one,1\n"), 2, "labels.csv, line 5: one is listed twice$"),
    row(
        "another field",
        table(f"image,label\n{ROWS}".replace("0", "0,1", 1)),
        2,
        "line 2: 3 fields where the first line",
    ),
    row("no label", table("image,label\none,\ntwo,1\nthree,0\n"), 2, "line 2: one has no label; expected IMAGE,CLASS"),
    row("no name", table("image,label\n,0\ntwo,1\nthree,0\n"), 2, "line 2: no name is given"),
    row("nan", table("image,Smiling,Young\none,nan,1\n"), 2, "line 2: expected 1 or 0 for each of 2 attributes"),
    row("minus one", table("image,Smiling,Young\none,-1,1\n"), 2, "line 2: expected 1 or 0 for each of 2 attributes"),
    row("attribute twice", table("image,Young,Young\none,1,1\n"), 2, "attribute 'Young' is named twice or is empty"),
    row("open quote", table('image,label\n"one,0\n'), 2, "labels.csv: invalid CSV .*; close every quote"),
    row("long field", table(f"image,label\none,{'x' * 200_000}\n"), 2, "labels.csv: invalid CSV .field larger than"),
    row("not utf-8", table(b"image,label\n\xf6ne,0\n"), 2, "labels.csv: cannot be read .'utf-8' codec"),
    row("null byte", table("image,label\no\0ne,0\n"), 2, r"1 rows are of images that are not here \(o\\x00ne\)"),
    row("folder", lambda photos: (photos / "labels.csv").mkdir(), 2, "labels.csv: is a broken link or not a regular"),
    row("pipe", lambda photos: os.mkfifo(photos / "labels.csv"), 2, "labels.csv: is a broken link or not a regular"),
    row("loop", lambda photos: (photos / "labels.csv").symlink_to("labels.csv"), 2, "labels.csv: is a broken link or"),
]


@pytest.mark.parametrize(("plant", "code", "line"), LABELS)
def test_labels(refused, place, plant, code, line):
    plant(place / "photos")
    refused(code, line, *run_of(), "--classifier", "celeba-attributes")


ATTRIBUTES = "3\nSmiling Young\none.jpg 1 -1\ntwo.jpg 1 -1\nthree.jpg 1 1\n"
CELEBA = [
    row("cut row", ATTRIBUTES[:-3], 2, "attributes.txt"),
    row("cut rows", ATTRIBUTES[:30], 2, "attributes.txt"),
    row("no count", ATTRIBUTES[2:], 2, "attributes.txt"),
    row("zero for minus one", ATTRIBUTES.replace("-1", "0"), 2, "attributes.txt"),
    row("row twice", ATTRIBUTES.replace("two", "one"), 2, "attributes.txt"),
    row("empty", "", 2, "attributes.txt"),
]


@pytest.mark.parametrize(("text", "code", "line"), CELEBA)
def test_attributes_of_celeba(refused, place, text, code, line):
    (place / "attributes.txt").write_text(text)
    refused(code, line, "datasets", "prepare", "./photos", "-o", "out", "--side", "32", "--labels", "attributes.txt")
