"""Names of folders, files and methods in tables: shown as they are by markdown and HTML, unchanged elsewhere."""

from __future__ import annotations

from html.parser import HTMLParser
from io import StringIO

import pandas as pd
import pytest
from helpers import description_of, run_with
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from srbench.api import MethodTiming, Summary
from srbench.leaderboard import collected, grid, markdown_text, timings_text, to_html, to_text
from srbench.leaderboard.text import to_csv, to_markdown
from srbench.runs import Record, RecordKey

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
NAMES = [
    "a|b",
    "`a`",
    "<b>a</b>",
    "*a*",
    "**a**",
    "_a_",
    "a_b",
    "__a__b",
    "~~a~~",
    "a\\|b",
    "a\\",
    "&lt;",
    "[a](b)",
    "[a][b]",
]


class Shown(HTMLParser):
    """Text of the cells, headings and list items of a page."""

    def __init__(self, page):
        super().__init__()
        self.texts = []
        self.tags = set()
        self.feed(page)

    def handle_starttag(self, tag, _):
        self.tags.add(tag)
        if tag in ("td", "th", "h2", "h4", "li", "p"):
            self.texts.append("")

    def handle_data(self, data):
        if self.texts:
            self.texts[-1] += data


def shown(page):
    return [" ".join(text.split()) for text in Shown(page).texts]


def board(name):
    """Two methods, one with this name, on a dataset whose name it ends, with a note about it."""

    def record(method, image):
        key = RecordKey(method, f"./{name}", 4, "p", "made", image)
        return Record(key, "ok", f"f-{image}", "hash-p", "0", {"psnr": 20.0, "l1": 1.0}, warnings=("blurred",))

    given = {"sha256": "s", "images": ["x", "y"], "files": {"4": {"x": "x", "y": "y"}}}
    plan = description_of((name, "b")).plan.model_dump() | {"datasets": [f"./{name}"]}
    description = description_of((name, "b"), datasets={f"./{name}": given}, plan=plan)
    return collected([run_with(description, [record(m, i) for m in (name, "b") for i in "xy"])])


@pytest.mark.parametrize("name", NAMES)
def test_markdown_shows_the_name(name):
    found = board(name)
    page = Shown(READER.render(to_markdown(found)))
    texts = [" ".join(text.split()) for text in page.texts]
    assert name in texts
    assert any(text.startswith(f"./{name} ×4") for text in texts)
    assert any(f"on ./{name}/x" in text for text in texts)
    assert page.tags <= {"h1", "h2", "p", "table", "thead", "tbody", "tr", "th", "td", "ul", "li"}


@pytest.mark.parametrize("name", NAMES)
def test_html_shows_the_name(name):
    page = Shown(to_html(board(name)))
    assert name in [" ".join(text.split()) for text in page.texts]
    assert page.tags <= {"h4", "table", "thead", "tbody", "tr", "th", "td", "ul", "li"}


@pytest.mark.parametrize("name", NAMES)
def test_csv_and_the_terminal_have_the_plain_name(name):
    found = board(name)
    assert name in set(pd.read_csv(StringIO(to_csv(found.table)))["method"])
    assert any(line.startswith(f"{name} ") for line in to_text(found).splitlines())


@given(st.lists(st.text("ab \\|`*_<>~$#&[](){}!-+.1\n\r", min_size=1, max_size=12), min_size=2, max_size=4))
def test_cells_of_any_characters_stay_cells(names):
    rows = [[name, "1"] for name in names]
    cells = shown(READER.render(grid(["method", "v"], rows, "github")))
    assert cells == ["method", "v", *(cell for name in names for cell in (" ".join(name.split()), "1"))]


@given(st.text("ab \\|`*_<>~$#&[](){}!-+\n", min_size=1, max_size=12))
def test_headings_and_notes_of_any_characters(name):
    text = " ".join(f"{name} on d".split())
    assert shown(READER.render(f"## {markdown_text(f'{name} on d')}")) == [text]
    assert shown(READER.render(f"- {markdown_text(f'{name} on d')}"))[-1] == text


def test_what_needs_no_escape_has_none():
    for text in ("edsr@official", "ms_ssim", "PSNR dB ↑", "./photos[2] ×4, classic-y", "-0.25", "27.3–28.1", "(a) b!"):
        assert markdown_text(text) == text


def test_a_benchmark_is_escaped_too():
    seconds = Summary(1.0, 0.9, 1.1, 0.95, 1.05, 9)
    timing = MethodTiming("a|b", 4, 20, 10, 1, "fp32", "eager", seconds, True, 0.1, 100.0, None, None, None)
    page = shown(READER.render(timings_text([timing], {"processor": "x*y*z"}, "github")))
    assert "a|b" in page
    assert "Measured on: processor x*y*z." in page
    assert "a|b " in timings_text([timing], {})
    assert "x*y*z" in timings_text([timing], {"processor": "x*y*z"})
