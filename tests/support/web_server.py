"""A real HTTP server on loopback that misbehaves as it is told."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


@dataclass
class Site:
    """Files by path, and how each is served.

    Attributes:
        files: Bytes by path.
        cut: By path, after how many bytes the connection breaks; once for each entry.
        moved: By path, where it is now.
        broken: By path, a status.
        slow: By path, an event it waits for.
        shifted: How far beside the asked place it goes on.
        tags: By path, what the version is called.
        ranges: Whether it can go on from the middle.
        asked: What was asked for: path and range.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    cut: dict[str, list[int]] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    broken: dict[str, int] = field(default_factory=dict)
    slow: dict[str, threading.Event] = field(default_factory=dict)
    shifted: int = 0
    ranges: bool = True
    tags: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def site(monkeypatch):
    monkeypatch.setattr("srbench.files.remote.downloads._PAUSE", 0.0)
    told = Site()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_GET(self):
            wanted = self.headers.get("Range")
            told.asked.append((self.path, wanted))
            if self.path in told.moved:
                self.send_response(302)
                self.send_header("Location", told.moved[self.path])
                self.end_headers()
                return
            if self.path in told.broken or self.path not in told.files:
                self.send_error(told.broken.get(self.path, 404))
                return
            data, start = told.files[self.path], 0
            tag = told.tags.get(self.path, '"1"')
            if self.path in told.slow:
                told.slow[self.path].wait(10)
            if wanted and told.ranges and self.headers.get("If-Range", tag) == tag:
                start = int(wanted.removeprefix("bytes=").partition("-")[0])
                if start >= len(data):
                    self.send_error(416)
                    return
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start + told.shifted}-{len(data) - 1}/{len(data)}")
            self.send_header("Content-Length", str(len(data) - start))
            self.send_header("Last-Modified" if tag.startswith("W/") else "ETag", tag)
            self.end_headers()
            cuts = told.cut.get(self.path, [])
            stop = cuts.pop(0) if cuts else len(data)
            self.wfile.write(data[start : start + stop])

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    told.url = f"http://127.0.0.1:{server.server_port}"
    yield told
    server.shutdown()
    server.server_close()
    thread.join()
