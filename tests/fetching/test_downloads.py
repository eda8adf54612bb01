"""Downloads from a server that is slow to please."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from srbench.downloads import download
from srbench.errors import DatasetError

DATA = np.random.default_rng(0).bytes(300_000)
MD5 = f"md5:{hashlib.md5(DATA, usedforsecurity=False).hexdigest()}"


def beginning(wanted):
    """Where a range begins."""
    return int(wanted.removeprefix("bytes=").removesuffix("-"))


def left_over(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_arrives_once(site, tmp_path):
    site.files["/a.zip"] = DATA
    told = []
    for _ in range(2):
        path = download([f"{site.url}/a.zip"], tmp_path / "a.zip", checksum=MD5, progress=lambda *x: told.append(x))
        assert path.read_bytes() == DATA
    assert len(site.asked) == 1  # the second time it was there
    assert told[-1] == (len(DATA), len(DATA))
    assert left_over(tmp_path) == ["a.zip"]


def test_a_broken_connection_is_taken_up_where_it_broke(site, tmp_path):
    site.files["/a.zip"] = DATA
    site.cut["/a.zip"] = [100_000, 50_000]
    download([f"{site.url}/a.zip"], tmp_path / "a.zip", checksum=MD5)
    assert (tmp_path / "a.zip").read_bytes() == DATA
    first, second, third = (wanted for _, wanted in site.asked)
    assert first is None
    assert 90_000 < beginning(second) <= 100_000
    assert 130_000 < beginning(third) <= 150_000


def test_what_came_before_giving_up_is_used_by_the_next_call(site, tmp_path):
    site.files["/a.zip"] = DATA
    site.cut["/a.zip"] = [20_000] * 4
    with pytest.raises(DatasetError, match=r"a\.zip: cannot be fetched"):
        download([f"{site.url}/a.zip"], tmp_path / "a.zip", checksum=MD5)
    download([f"{site.url}/a.zip"], tmp_path / "a.zip", checksum=MD5)
    assert 30_000 < beginning(site.asked[-1][1]) <= 80_000
    assert (tmp_path / "a.zip").read_bytes() == DATA


def test_a_server_without_ranges_begins_again(site, tmp_path):
    site.files["/a.zip"], site.ranges = DATA, False
    site.cut["/a.zip"] = [100_000]
    assert download([f"{site.url}/a.zip"], tmp_path / "a.zip", checksum=MD5).read_bytes() == DATA


def test_two_versions_of_a_file_are_not_spliced(site, tmp_path):
    site.files["/a.zip"] = b"old" * 50_000
    site.cut["/a.zip"] = [1000] * 4
    with pytest.raises(DatasetError):
        download([f"{site.url}/a.zip"], tmp_path / "a.zip", checksum=MD5)
    site.files["/a.zip"], site.tags["/a.zip"] = DATA, '"2"'
    assert download([f"{site.url}/a.zip"], tmp_path / "a.zip", checksum=MD5).read_bytes() == DATA


def test_the_next_mirror_is_tried_and_every_failure_named(site, tmp_path):
    site.files |= {"/wrong": b"something else", "/page": b"<!DOCTYPE html><title>Quota exceeded</title>", "/good": DATA}
    site.broken["/broken"] = 503
    bad = [f"{site.url}/{name}" for name in ("absent", "broken", "page", "wrong")]
    assert download([*bad, f"{site.url}/good"], tmp_path / "a.zip", checksum=MD5).read_bytes() == DATA
    with pytest.raises(DatasetError) as caught:
        download(bad, tmp_path / "b.zip", checksum=MD5)
    message = str(caught.value)
    for part in (
        "/absent: the server answers 404",
        "/broken: the server answers 503",
        "/page: a web page",
        "/wrong: ano",
    ):
        assert part in message
    assert "\n" not in message
    assert left_over(tmp_path) == ["a.zip"]


def test_a_redirect_is_followed(site, tmp_path):
    site.files["/new"] = DATA
    site.moved["/old"] = f"{site.url}/new"
    assert download([f"{site.url}/old"], tmp_path / "a.zip", checksum=MD5).read_bytes() == DATA


def test_a_page_is_recognised_without_a_checksum_too(site, tmp_path):
    site.files["/a"] = b"\n <html><body>Google Drive - Quota exceeded"
    with pytest.raises(DatasetError, match="a web page came in place of the file"):
        download([f"{site.url}/a"], tmp_path / "a.zip", checksum=None)


def test_nobody_answers(tmp_path):
    with pytest.raises(DatasetError, match="cannot be fetched"):
        download(["http://127.0.0.1:9/a.zip"], tmp_path / "a.zip", checksum=MD5)
