"""A planted fault: a row names what is planted, the exit code, and the line that says so."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from srbench.cli.main import app

METHODS = ("bicubic", "srcnn")
"""One before the planted method and one after it, which is a network and feels torch's settings."""
RUN = ("--datasets", "./photos", "--scale", "2", "--metrics", "psnr,ssim", "--output", "run")
IMAGES = ("one", "three", "two")


@dataclass(frozen=True)
class Outcome:
    """What a process of its own answered, as the fixture `cli` gives it of one in this process."""

    code: int
    out: str
    err: str


def row(name: str, planted: object, code: int, line: str, *marks: pytest.MarkDecorator):
    """A row of a table of faults: its id, what is planted, exit code and a pattern of the line that says so."""
    return pytest.param(planted, code, line, id=name, marks=marks)


def run_of(*methods: str, **options: str) -> list[str]:
    """`srbench run` of methods on the planted photographs; options replace those of `RUN`, None leaves one out."""
    words = dict(zip(RUN[::2], RUN[1::2], strict=True)) | {f"--{name}": value for name, value in options.items()}
    flat = [word for pair in words.items() if pair[1] is not None for word in pair]
    return ["run", "--methods", ",".join(methods or METHODS), *flat]


def answered(done, code: int, line: str) -> None:
    """Exit code and line are the stated ones, and nothing but notes and errors, each on one line, is on stderr."""
    assert "Traceback" not in done.out + done.err
    assert done.code == code, done.err
    assert re.search(line, done.err), done.err
    strange = [one for one in done.err.splitlines() if not one.startswith(("note: ", "error: "))]
    assert strange == []
    errors = [one for one in done.err.splitlines() if one.startswith("error: ")]
    assert len(errors) == (0 if code == 0 else 1), done.err
    if code == 2:
        assert re.search(line, errors[0]), errors


def in_process(folder: Path, words: list[str]):
    """Run `srbench` in this process and a folder, where a fixture is needed for longer than a test."""
    with contextlib.chdir(folder):
        return CliRunner().invoke(app, words)


def snapshot(folder: Path) -> dict[str, str]:
    """Everything below a folder but compiled Python, by path."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if "__pycache__" not in path.parts:
            found[str(path.relative_to(folder))] = _content(path)
    return found


def _content(path: Path) -> str:
    if path.is_symlink():
        return f"link to {path.readlink()}"
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "not a regular file"


def records(folder: Path, *, once: bool = True) -> dict[tuple[str, str], dict]:
    """The latest record of each image by method and image; unless `once` is false, there is one only."""
    lines = (folder / "records.jsonl").read_text(encoding="utf-8").splitlines()
    found = {}
    for line in lines:
        record = json.loads(line)
        found[record["method"], record["image"]] = record
    assert len(found) == len(lines) or not once
    return found


def of(found: dict[tuple[str, str], dict], *methods: str) -> dict[tuple[str, str], dict]:
    """The records of some methods."""
    return {key: record for key, record in found.items() if key[0] in methods}


def scores(found: dict[tuple[str, str], dict], method: str) -> dict[str, dict]:
    """Scores of a method by image."""
    return {image: record["scores"] for (of_method, image), record in found.items() if of_method == method}
