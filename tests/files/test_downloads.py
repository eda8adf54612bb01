"""Downloads from a server that is slow to please."""

from __future__ import annotations

import hashlib
import threading

import numpy as np
import pytest

from srbench.errors import DownloadError, WeightsError
from srbench.files import download

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
    site.cut["/a.zip"] = [20_000, 0, 0, 0, 0]
    with pytest.raises(DownloadError, match=r"a\.zip: cannot be fetched"):
        download([f"{site.url}/a.zip"], tmp_path / "a.zip", checksum=MD5)
    download([f"{site.url}/a.zip"], tmp_path / "a.zip", checksum=MD5)
    assert 10_000 < beginning(site.asked[-1][1]) <= 20_000
    assert (tmp_path / "a.zip").read_bytes() == DATA


def test_a_server_without_ranges_begins_again(site, tmp_path):
    site.files["/a.zip"], site.ranges = DATA, False
    site.cut["/a.zip"] = [100_000]
    assert download([f"{site.url}/a.zip"], tmp_path / "a.zip", checksum=MD5).read_bytes() == DATA


def test_two_versions_of_a_file_are_not_spliced(site, tmp_path):
    site.files["/a.zip"] = b"old" * 50_000
    site.cut["/a.zip"] = [9000, 0, 0, 0, 0]
    with pytest.raises(DownloadError):
        download([f"{site.url}/a.zip"], tmp_path / "a.zip", checksum=MD5)
    site.files["/a.zip"], site.tags["/a.zip"] = DATA, '"2"'
    assert download([f"{site.url}/a.zip"], tmp_path / "a.zip", checksum=MD5).read_bytes() == DATA


def test_the_next_mirror_is_tried_and_every_failure_named(site, tmp_path):
    site.files |= {"/wrong": b"something else", "/page": b"<!DOCTYPE html><title>Quota exceeded</title>", "/good": DATA}
    site.broken["/broken"] = 503
    bad = [f"{site.url}/{name}" for name in ("absent", "broken", "page", "wrong")]
    assert download([*bad, f"{site.url}/good"], tmp_path / "a.zip", checksum=MD5).read_bytes() == DATA
    with pytest.raises(DownloadError) as caught:
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
    with pytest.raises(DownloadError, match="a web page came in place of the file"):
        download([f"{site.url}/a"], tmp_path / "a.zip", checksum=None)


def test_a_page_does_not_cost_what_came_before(site, tmp_path):
    """Google Drive's quota may run out between two calls."""
    site.files["/a.zip"] = DATA
    site.cut["/a.zip"] = [200_000, 0, 0, 0, 0]
    with pytest.raises(DownloadError, match="cannot be fetched"):
        download([f"{site.url}/a.zip"], tmp_path / "a.zip", checksum=MD5)
    site.files["/a.zip"], site.tags["/a.zip"] = b"<!doctype html>quota", '"page"'
    with pytest.raises(DownloadError, match="a web page"):
        download([f"{site.url}/a.zip"], tmp_path / "a.zip", checksum=MD5)
    site.files["/a.zip"], site.tags["/a.zip"] = DATA, '"1"'
    download([f"{site.url}/a.zip"], tmp_path / "a.zip", checksum=MD5)
    assert beginning(site.asked[-1][1]) > 190_000


def test_a_connection_that_breaks_often_still_gets_there(site, tmp_path):
    site.files["/a.zip"] = DATA
    site.cut["/a.zip"] = [20_000] * 20
    assert download([f"{site.url}/a.zip"], tmp_path / "a.zip", checksum=MD5).read_bytes() == DATA
    assert len(site.asked) > 10


CUTS = {"to and fro": [100_000, 50_000] * 100, "a little farther": [*range(10_000, 290_000, 9000)]}


@pytest.mark.parametrize("cuts", CUTS.values(), ids=CUTS)
@pytest.mark.parametrize("shifted", [0, 7])
def test_a_server_that_cannot_resume_is_given_up(site, tmp_path, cuts, shifted):
    """Without a tag, or resuming elsewhere, it starts from zero; cut at another place each time, it would go on."""
    site.files["/a.zip"], site.shifted = DATA, shifted
    if not shifted:
        site.tags["/a.zip"] = ""
    site.cut["/a.zip"] = [*cuts]
    with pytest.raises(DownloadError, match=r"a\.zip: cannot be fetched"):
        download([f"{site.url}/a.zip"], tmp_path / "a.zip", checksum=MD5)
    assert len(site.asked) <= 20


def test_a_file_that_became_shorter_is_not_measured_by_the_old_one(site, tmp_path):
    site.files["/a.zip"] = DATA * 2
    site.cut["/a.zip"] = [500_000, 0, 0, 0, 0]
    with pytest.raises(DownloadError):
        download([f"{site.url}/a.zip"], tmp_path / "a.zip", checksum=MD5)
    site.files["/a.zip"], site.tags["/a.zip"] = DATA, '"2"'
    site.cut["/a.zip"] = [20_000] * 14
    assert download([f"{site.url}/a.zip"], tmp_path / "a.zip", checksum=MD5).read_bytes() == DATA


def test_a_server_that_goes_on_elsewhere_is_asked_from_the_start(site, tmp_path):
    site.files["/a.zip"], site.shifted = DATA, 7
    site.cut["/a.zip"] = [100_000]
    assert download([f"{site.url}/a.zip"], tmp_path / "a.zip", checksum=MD5).read_bytes() == DATA
    assert site.asked[-1][1] is None


def test_without_a_strong_tag_the_date_will_do(site, tmp_path):
    site.files["/a.zip"], site.tags["/a.zip"] = DATA, "W/of Monday"
    site.cut["/a.zip"] = [100_000]
    assert download([f"{site.url}/a.zip"], tmp_path / "a.zip", checksum=MD5).read_bytes() == DATA
    assert site.asked[-1][1] is not None


def test_a_server_that_does_not_answer_in_time(site, tmp_path, monkeypatch):
    monkeypatch.setattr("srbench.files.remote.downloads._TIMEOUT", (1, 0.05))
    monkeypatch.setattr("srbench.files.remote.downloads._TRIES", 2)
    site.files["/a.zip"], site.slow["/a.zip"] = DATA, threading.Event()
    with pytest.raises(DownloadError, match="cannot be fetched"):
        download([f"{site.url}/a.zip"], tmp_path / "a.zip", checksum=MD5)
    site.slow["/a.zip"].set()


def test_what_is_no_address(tmp_path):
    with pytest.raises(DownloadError) as caught:
        download(["http://"], tmp_path / "a.zip", checksum=MD5)
    assert "another file" not in str(caught.value)


def test_nobody_answers(tmp_path, monkeypatch):
    monkeypatch.setattr("srbench.files.remote.downloads._PAUSE", 0.0)
    with pytest.raises(DownloadError, match=r"a\.zip: no connection\)"):
        download(["http://127.0.0.1:9/a.zip"], tmp_path / "a.zip", checksum=MD5)


def test_an_unexpected_file_never_has_the_files_name(site, tmp_path):
    """Killed while it is checked, it must not be taken for the file by the next call."""
    site.files |= {"/bad.zip": DATA[::-1], "/a.zip": DATA}
    urls, path = [f"{site.url}/bad.zip", f"{site.url}/a.zip"], tmp_path / "a.zip"

    def killed(part):
        assert not path.exists()
        raise KeyboardInterrupt

    def refused(part):
        if part.read_bytes() != DATA:
            raise WeightsError("not this one")

    with pytest.raises(KeyboardInterrupt):
        download(urls, path, checksum=None, accept=killed)
    assert left_over(tmp_path) == []
    assert download(urls, path, checksum=None, accept=refused).read_bytes() == DATA
    assert left_over(tmp_path) == ["a.zip"]
