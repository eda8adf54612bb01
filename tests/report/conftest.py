"""A run with saved images and timings, its page, and a browser to open it in."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

import srbench
from srbench.files import write_image
from srbench.report import write_page

_NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def saved_run(tmp_path_factory, photo) -> Path:
    """Three methods on seven photographs at ×2, under two protocols that share their images; timed."""
    folder = tmp_path_factory.mktemp("photographs") / "photos"
    for index in range(7):
        write_image(folder / f"image-{index}.png", photo(60 + 2 * index, 80, top=30 * index, left=20 * index))
    output = tmp_path_factory.mktemp("runs") / "small"
    srbench.run(
        ["nearest", "bicubic", "lanczos"],
        datasets=str(folder),
        scale=2,
        protocol=["classic-y", "rgb"],
        output=output,
        save_images=True,
        timing=[(16, 16)],
    )
    return output


@pytest.fixture(scope="session")
def page_file(saved_run, tmp_path_factory) -> Path:
    """Its page."""
    path = tmp_path_factory.mktemp("page") / "report.html"
    write_page([saved_run], path, "A <title> & more")
    return path


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium of this machine."""
    program = os.environ.get("SRBENCH_CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    if not program:
        pytest.skip("needs Chromium: install it (apt-get install chromium), or say where it is in SRBENCH_CHROMIUM")
    with sync_playwright() as playwright:
        # Containers seldom allow Chromium's own sandbox; the page is ours.
        started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield started
        started.close()


@dataclass
class Watched:
    """An open page, and all that it said or asked for meanwhile."""

    page: Page
    said: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def drawn(self) -> list[str]:
        """Image, left, right, zoom, x, y of what the viewer has drawn last, once it has settled."""
        # Once more, because a change of the stage's size is seen a frame later.
        self.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        settled(self.page)
        return str(self.page.get_attribute("#stage", "data-drawn")).split(" ")


def settled(page: Page) -> None:
    """Wait until the viewer has drawn what it was last asked for."""
    deadline = time.monotonic() + 30
    # Not playwright's own waiting, which the page's security policy forbids.
    while not page.evaluate("(({asked, done}) => asked && asked === done)(document.getElementById('stage').dataset)"):
        assert time.monotonic() < deadline, "the viewer draws nothing"
        time.sleep(0.01)


@pytest.fixture
def settle() -> Callable[[Page], None]:
    """`settled`, for a page of one's own."""
    return settled


@pytest.fixture(scope="session")
def tab(browser) -> Iterator[Page]:
    """One that several tests may load the page into."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, device_scale_factor=1)
    yield context.new_page()
    context.close()


@pytest.fixture
def opened(tab, page_file) -> Iterator[Watched]:
    """The page in the browser; afterwards it must have asked for nothing and complained of nothing."""
    watched = Watched(tab)
    listeners = {
        "console": lambda message: watched.said.append(message.text),
        "pageerror": lambda error: watched.said.append(str(error)),
        "request": lambda request: watched.requests.append(request.url),
    }
    for event, listener in listeners.items():
        tab.on(event, listener)
    tab.emulate_media(media="screen")
    tab.goto(page_file.as_uri())
    yield watched
    for event, listener in listeners.items():
        tab.remove_listener(event, listener)
    assert watched.said == []
    assert [url for url in watched.requests if not url.startswith("data:")] == [page_file.as_uri()]
