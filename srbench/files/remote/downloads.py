"""Resumable downloads from the first mirror that has the file; pooch verifies and stores it."""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Any

from srbench.errors import DownloadError, SRBenchError, one_line
from srbench.files.atomic import looks_like_a_page

Bytes = Callable[[int, int | None], None]
"""Callback with two arguments: number of bytes present, and total number of bytes, None if unknown."""

_TRIES = 4  # consecutive tries that came no further than an earlier one
_RESTARTS = 8  # times that received bytes are thrown away, because the server cannot resume
_PAUSE = 0.5  # seconds before the second try, doubled before each further one
_TIMEOUT = (10, 60)  # seconds to connect, and between bytes
_CHUNK = 1 << 13  # bytes; a broken connection loses less than this


class WebPageError(Exception):
    """The server sent a web page instead of the file."""


def download(
    urls: Sequence[str],
    path: Path,
    *,
    checksum: str | None,
    accept: Callable[[Path], None] = lambda _: None,
    progress: Bytes = lambda *_: None,
) -> Path:
    """Download a file unless it exists, and return its path.

    An interrupted download is resumed within this call, and if that fails, by the next call.

    Args:
        urls: Mirrors, in the order to try them.
        path: Path of the file.
        checksum: `md5:…` or `sha256:…`; None if unknown.
        accept: Called with the complete file before it gets its name; raises SRBenchError for an unexpected one,
            which is removed before the next mirror is tried.
        progress: Called as bytes arrive.

    Raises:
        DownloadError: Every mirror failed; the message gives the reason for each.
    """
    import pooch  # type: ignore[import-untyped]

    pooch.get_logger().setLevel("WARNING")
    failures: list[str] = []
    for url in urls:
        try:
            pooch.retrieve(
                url,
                known_hash=checksum,
                fname=path.name,
                path=path.parent,
                downloader=_Resuming(path, accept, progress),
            )
        except WebPageError as error:
            failures.append(f"{url}: {error}")
        except OSError as error:  # requests' errors are OSErrors, some of them ValueErrors too
            failures.append(f"{url}: {_reason(error)}")
        except ValueError:  # pooch found another checksum
            failures.append(f"{url}: another file than expected (its {(checksum or '').partition(':')[0]} differs)")
        except SRBenchError as error:
            failures.append(f"{url}: {error}")
        else:
            return path
    raise DownloadError(f"{path.name}: cannot be fetched ({'; '.join(failures)})")


def _reason(error: OSError) -> str:
    response = getattr(error, "response", None)
    if any(word in str(error) for word in ("NameResolutionError", "NewConnectionError", "ConnectTimeoutError")):
        return "no connection"
    return one_line(error) if response is None else f"the server answers {response.status_code}"


class _Resuming:
    """A downloader for pooch that keeps partial downloads."""

    def __init__(self, path: Path, accept: Callable[[Path], None], progress: Bytes) -> None:
        self._path, self._accept, self._progress = path, accept, progress
        self._restarts = 0

    def __call__(self, url: str, output_file: str | Any, pooch: Any, check_only: bool = False) -> None:
        import requests

        part = self._part(url)
        part.parent.mkdir(parents=True, exist_ok=True)
        idle = farthest = self._restarts = 0
        while True:
            before = _size(part)
            try:
                self._go_on(url, part)
                break
            except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError):
                # Farther than ever, not than before: a server that cannot resume may cut at another place each time.
                idle = 0 if _size(part) > max(before, farthest) else idle + 1
                farthest = max(farthest, _size(part))
                if idle == _TRIES or self._restarts > _RESTARTS:
                    raise
                time.sleep(_PAUSE * 2**idle if idle else 0)
        try:
            self._accept(part)
            part.replace(output_file)
        finally:
            self._forget(part)

    def _part(self, url: str) -> Path:
        # One for each mirror, because mirrors can hold different files.
        return self._path.with_name(f".{self._path.name}.{hashlib.sha256(url.encode()).hexdigest()[:8]}.part")

    @staticmethod
    def _tag(part: Path) -> Path:
        """Return the path of the file that stores the server's version of a partial download."""
        return part.with_suffix(".tag")

    def _forget(self, part: Path) -> None:
        """Delete a partial download."""
        self._restarts += 1
        for path in (part, self._tag(part)):
            with suppress(FileNotFoundError):
                path.unlink()

    def _go_on(self, url: str, part: Path) -> None:
        import requests

        version = self._tag(part).read_text(encoding="utf-8") if self._tag(part).exists() else ""
        have = _size(part) if version else 0
        headers = {"Accept-Encoding": "identity"}
        if have:
            headers |= {"Range": f"bytes={have}-", "If-Range": version}
        with requests.get(url, headers=headers, stream=True, timeout=_TIMEOUT) as response:
            if response.status_code == requests.codes.requested_range_not_satisfiable:
                self._forget(part)  # longer than the file now is
                raise requests.ConnectionError("the file changed while it was fetched")
            response.raise_for_status()
            resumed = response.status_code == requests.codes.partial_content
            if resumed and not response.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
                self._forget(part)
                raise requests.ConnectionError("the server resumed at another position")
            chunks = response.iter_content(_CHUNK)
            first = next(chunks, b"")
            if not resumed and looks_like_a_page(first):  # raised before the partial download is overwritten
                raise WebPageError("a web page came in place of the file (Google Drive's, when its quota is used up?)")
            have = have if resumed else 0
            length = response.headers.get("Content-Length")
            whole = have + int(length) if length is not None else None
            self._restarts += not resumed and _size(part) > 0
            self._tag(part).write_text(_version(response.headers), encoding="utf-8")
            with part.open("ab" if resumed else "wb") as file:
                for chunk in chain([first], chunks):
                    file.write(chunk)
                    have += len(chunk)
                    self._progress(have, whole)
        if whole is not None and have < whole:
            raise requests.ConnectionError(f"cut after {have} of {whole} bytes")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _version(headers: Mapping[str, str]) -> str:
    """Return the version of a file for the header `If-Range`; empty if the server sends none."""
    tag = headers.get("ETag", "")
    return tag if tag and not tag.startswith("W/") else headers.get("Last-Modified", "")
