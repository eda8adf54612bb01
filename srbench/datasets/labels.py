"""Readers of ground-truth label files."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from srbench.api import Labels
from srbench.errors import DatasetError

LABEL_FILE = "labels.csv"
"""Name of the label file in a folder of images."""


def read_attributes(path: Path) -> Labels:
    """Read attributes in CelebA's format: the number of rows, the attribute names, and a row for each image.

    A row is a file name followed by 1 or -1 for each attribute.

    Raises:
        DatasetError: The file cannot be read, or a line, named in the message, is invalid.
    """
    lines = [(number, line.split()) for number, line in enumerate(_lines(path), start=1) if line.strip()]
    if len(lines) < 2 or len(lines[0][1]) != 1 or not _is_count(lines[0][1][0]):
        raise DatasetError(f"{path}: expected the number of rows, a line of attribute names, then one row per image")
    count, classes, rows = int(lines[0][1][0]), tuple(lines[1][1]), lines[2:]
    _refuse_repeated(path, classes)
    values: dict[str, tuple[int, ...]] = {}
    for number, (name, *fields) in rows:
        if len(fields) != len(classes) or not all(field in {"1", "-1"} for field in fields):
            raise DatasetError(f"{path}, line {number}: expected a file name and 1 or -1 for {len(classes)} attributes")
        _add(path, number, values, name, tuple(int(field == "1") for field in fields))
    if len(values) != count:
        raise DatasetError(f"{path}: says {count} rows and has {len(values)}; correct the number in its first line")
    return Labels("attributes", classes, values)


def read_label_table(path: Path) -> Labels:
    """Read a CSV file of labels: `image,label` with a class name, or `image,NAME,NAME…` with 1 or 0 for each attribute.

    Raises:
        DatasetError: The file cannot be read, or a line, named in the message, is invalid.
    """
    try:
        rows = [(number, row) for number, row in enumerate(csv.reader(_lines(path), strict=True), start=1) if row]
    except csv.Error as error:
        raise DatasetError(f"{path}: invalid CSV ({error}); close every quote") from error
    if len(rows) < 2 or rows[0][1][0] != "image" or len(rows[0][1]) < 2:
        raise DatasetError(f"{path}: expected a first line 'image,label' or 'image,NAME,NAME…', and rows below it")
    head, body = rows[0][1], rows[1:]
    for number, row in body:
        if len(row) != len(head):
            raise DatasetError(f"{path}, line {number}: {len(row)} fields where the first line has {len(head)}")
    return _one_label(path, body) if head[1:] == ["label"] else _attributes(path, tuple(head[1:]), body)


def required_labels(labels: Labels, ids: Sequence[str], source: Path) -> Labels:
    """Return the labels if they cover exactly the images `ids`; `source` is the label file, for the message.

    Raises:
        DatasetError: Images have no label, or labels no image; the message counts them and names the first.
    """
    lacking = [name for name in ids if name not in labels.values]
    unknown = sorted(labels.values.keys() - set(ids))
    problems = [
        f"{len(names)} {what} ({', '.join(names[:3])}{' …' if len(names) > 3 else ''})"
        for names, what in ((lacking, "images have no row"), (unknown, "rows are of images that are not here"))
        if names
    ]
    if problems:
        raise DatasetError(f"{source}: {len(labels.values)} rows for {len(ids)} images: {'; '.join(problems)}")
    return labels


def _is_count(word: str) -> bool:
    return word.isascii() and word.isdecimal()


def _one_label(path: Path, rows: Sequence[tuple[int, list[str]]]) -> Labels:
    classes = tuple(sorted({label for _, (_, label) in rows}))
    values: dict[str, tuple[int, ...]] = {}
    for number, (name, label) in rows:
        if not label:
            raise DatasetError(f"{path}, line {number}: {name} has no label; expected IMAGE,CLASS")
        _add(path, number, values, name, (classes.index(label),))
    return Labels("classes", classes, values)


def _attributes(path: Path, classes: tuple[str, ...], rows: Sequence[tuple[int, list[str]]]) -> Labels:
    _refuse_repeated(path, classes)
    values: dict[str, tuple[int, ...]] = {}
    for number, (name, *fields) in rows:
        if not all(field in {"0", "1"} for field in fields):
            raise DatasetError(f"{path}, line {number}: expected 1 or 0 for each of {len(classes)} attributes")
        _add(path, number, values, name, tuple(int(field) for field in fields))
    return Labels("attributes", classes, values)


def _add(path: Path, number: int, values: dict[str, tuple[int, ...]], name: str, value: tuple[int, ...]) -> None:
    image = Path(name).stem
    if not image or image in values:
        raise DatasetError(f"{path}, line {number}: {name or 'no name'} is {'listed twice' if image else 'given'}")
    values[image] = value


def _refuse_repeated(path: Path, classes: Sequence[str]) -> None:
    repeated = [name for name in dict.fromkeys(classes) if classes.count(name) > 1 or not name]
    if repeated:
        raise DatasetError(f"{path}: attribute {repeated[0]!r} is named twice or is empty; give each a name")


def _lines(path: Path) -> Iterator[str]:
    try:
        yield from path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path}: cannot be read ({error})") from error
