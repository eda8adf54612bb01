"""Downloads that go on where they were cut, from the first mirror that has the file; pooch checks and keeps it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from srbench.errors import DatasetError, one_line
from srbench.files import is_web_page

__all__ = ["Bytes", "download"]

Bytes = Callable[[int, int | None], None]
"""Told how many bytes are there, and how many there will be, if that is known."""

_TRIES = 4
_TIMEOUT = (10, 60)
"""Seconds to connect, and between bytes."""
_CHUNK = 1 << 13
"""Bytes; of a connection that breaks less than this is lost."""


class WebPageError(Exception):
    """A page came in place of the file."""


def download(urls: Sequence[str], path: Path, *, checksum: str | None, progress: Bytes = lambda *_: None) -> Path:
    """Fetch a file, unless it is there already.

    A download that is cut is tried again from where it was, and the next call goes on from there too.

    Args:
        urls: Mirrors, in the order to try them.
        path: Where it is kept.
        checksum: `md5:…` or `sha256:…`; None where none is known.
        progress: Told as bytes come.

    Returns:
        `path`.

    Raises:
        DatasetError: No mirror has it; each is named with its reason.
    """
    import pooch  # type: ignore[import-untyped]

    pooch.get_logger().setLevel("WARNING")
    failures: list[str] = []
    for url in urls:
        try:
            pooch.retrieve(
                url, known_hash=checksum, fname=path.name, path=path.parent, downloader=_Resuming(path, progress)
            )
        except WebPageError as error:
            failures.append(f"{url}: {error}")
        except ValueError:  # pooch's, of a checksum
            failures.append(f"{url}: another file than expected (its {(checksum or '').partition(':')[0]} differs)")
        except OSError as error:  # requests' errors are OSErrors too
            failures.append(f"{url}: {_reason(error)}")
        else:
            return path
    raise DatasetError(f"{path.name}: cannot be fetched ({'; '.join(failures)})")


def _reason(error: OSError) -> str:
    response = getattr(error, "response", None)
    return one_line(error) if response is None else f"the server answers {response.status_code}"


class _Resuming:
    """A downloader for pooch that keeps what came before the connection broke."""

    def __init__(self, path: Path, progress: Bytes) -> None:
        self._path, self._progress = path, progress

    def __call__(self, url: str, output_file: str | Any, pooch: Any, check_only: bool = False) -> None:
        import requests

        part = self._part(url)
        part.parent.mkdir(parents=True, exist_ok=True)
        for left in reversed(range(_TRIES)):
            try:
                self._go_on(url, part)
            except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError):
                if not left:
                    raise
            else:
                break
        part.replace(output_file)
        self._forget(part)

    def _part(self, url: str) -> Path:
        """Of its own for each mirror: two may hold different files."""
        return self._path.with_name(f".{self._path.name}.{hashlib.sha256(url.encode()).hexdigest()[:8]}.part")

    @staticmethod
    def _tag(part: Path) -> Path:
        """What the server called the version that the part is of."""
        return part.with_suffix(".tag")

    def _forget(self, part: Path) -> None:
        for path in (part, self._tag(part)):
            with suppress(FileNotFoundError):
                path.unlink()

    def _go_on(self, url: str, part: Path) -> None:
        import requests

        have = part.stat().st_size if part.exists() and self._tag(part).exists() else 0
        headers = {"Accept-Encoding": "identity"}
        if have:
            headers |= {"Range": f"bytes={have}-", "If-Range": self._tag(part).read_text(encoding="utf-8")}
        with requests.get(url, headers=headers, stream=True, timeout=_TIMEOUT) as response:
            if response.status_code == requests.codes.requested_range_not_satisfiable:
                self._forget(part)  # longer than the file is now
                raise requests.ConnectionError("the file changed while it was fetched")
            response.raise_for_status()
            resumed = response.status_code == requests.codes.partial_content
            have = have if resumed else 0
            length = response.headers.get("Content-Length")
            whole = have + int(length) if length is not None else None
            tag = response.headers.get("ETag") or response.headers.get("Last-Modified")
            if tag and not tag.startswith("W/"):
                self._tag(part).write_text(tag, encoding="utf-8")
            with part.open("ab" if resumed else "wb") as file:
                for chunk in response.iter_content(_CHUNK):
                    file.write(chunk)
                    have += len(chunk)
                    self._progress(have, whole)
        if whole is not None and have < whole:
            raise requests.ConnectionError(f"cut after {have} of {whole} bytes")
        if is_web_page(part) and self._path.suffix not in {".html", ".htm"}:
            self._forget(part)
            raise WebPageError("a web page came in place of the file (Google Drive's, when its quota is used up?)")
