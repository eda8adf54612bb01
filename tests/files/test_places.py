"""Paths that cannot be looked up: one line each, wherever srbench takes a path."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from srbench.cards import installed_cards
from srbench.classifiers.cache import PredictionCache
from srbench.datasets import import_named, installed_listing, list_folder, open_dataset
from srbench.errors import DatasetError, RequestError
from srbench.files import cache_home, data_home, existing_files, expanded, image_files, passed_over

UNUSABLE = {
    "no such user": ("~nosuchuser/x", "home folder is not known"),
    "long name": ("./" + "x" * 300, "File name too long"),
    "long path": ("./" + "a/" * 3000, "File name too long"),
    "loop": ("./loop", "symbolic links"),
    "inside a loop": ("./loop/x", "symbolic links"),
    "no text": ("./a\ud800b", "surrogates not allowed"),
    "null byte": ("./a\0b", "null byte"),
}


@pytest.fixture
def loop(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("loop").symlink_to("loop")


@pytest.fixture(params=UNUSABLE)
def unusable(request, loop):
    """A path, and what is said of it."""
    return UNUSABLE[request.param]


@contextmanager
def nobody():
    """Another user than the superuser, who may read everything."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)


@pytest.fixture
def homeless(monkeypatch):
    """No $HOME, and a user whom the system does not know, as in many containers."""

    def unknown(*_):
        raise KeyError("uid not found")

    for name in ("HOME", "XDG_CACHE_HOME", "SRBENCH_DATA", "SRBENCH_CACHE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)


def test_expanded_says_in_one_line_why_a_path_cannot_be_used(unusable):
    path, reason = unusable
    with pytest.raises(RequestError, match=reason) as caught:
        expanded(path)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 250


def test_expanded_leaves_what_is_not_there_to_its_caller(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert expanded("~/x/y") == tmp_path / "x" / "y"
    (tmp_path / "file").write_text("")
    assert expanded(tmp_path / "file" / "x") == tmp_path / "file" / "x"


def test_everything_that_takes_a_path_says_so(unusable):
    path, reason = unusable
    for use in (
        lambda: open_dataset(path, installed_cards()),
        lambda: existing_files({"edsr": path}),
        lambda: import_named("set5", [path], replace=False, progress=lambda *_: None),
    ):
        with pytest.raises(RequestError, match=reason):
            use()


@pytest.mark.parametrize("kind", ["no such user", "long name", "long path", "loop", "inside a loop"])
def test_homes_of_data_and_cache(kind, loop, monkeypatch):
    path, reason = UNUSABLE[kind]
    monkeypatch.setenv("SRBENCH_DATA", path)
    monkeypatch.setenv("SRBENCH_CACHE", path)
    with pytest.raises(RequestError, match=f"{reason}.*or set SRBENCH_DATA to another folder"):
        data_home()
    with pytest.raises(RequestError, match=f"{reason}.*or set SRBENCH_CACHE to another folder"):
        cache_home()
    with pytest.raises(RequestError, match=reason):
        open_dataset("set5", installed_cards())


def test_nothing_is_written_into_a_folder_called_tilde(homeless, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for home in (data_home, cache_home):
        with pytest.raises(RequestError, match="home folder is.* known.* set SRBENCH_"):
            home()
    cache = PredictionCache()
    assert cache.get("x") is None  # as if it could not be written
    assert list(tmp_path.iterdir()) == []


def test_what_needs_no_home_does_without(homeless, photos):
    assert len(open_dataset("bundled", installed_cards()).samples) == 4
    assert len(open_dataset(str(photos), installed_cards()).samples) == 3


@pytest.fixture
def shared_photos(photos):
    """The photographs where other users may look, too; pytest's folders are closed to them."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(shutil.copytree(photos, Path(folder) / "photos"))
        (Path(folder) / "photos").chmod(0o755)


@pytest.mark.parametrize("mode", [0o000, 0o444], ids=["cannot be listed", "can only be listed"])
def test_folders_that_may_not_be_read(shared_photos, monkeypatch, mode):
    cards = installed_cards()  # found now, since they may lie where other users may not look
    entry = cards.dataset("set5")
    monkeypatch.setenv("SRBENCH_DATA", str(shared_photos))
    (shared_photos / "a.gif").write_bytes(b"")
    shared_photos.chmod(mode)
    with nobody():
        for use in (
            lambda: image_files(shared_photos),
            lambda: passed_over(shared_photos),
            lambda: list_folder(shared_photos),
            lambda: open_dataset(str(shared_photos), cards),
            lambda: installed_listing(entry),
        ):
            with pytest.raises(DatasetError, match=r"cannot be read \(Permission denied\)"):
                use()


def test_a_folder_of_lr_images_that_may_not_be_read(shared_photos):
    (shared_photos / "LR_bicubic").mkdir(mode=0)
    cards = installed_cards()
    with nobody(), pytest.raises(DatasetError, match=r"LR_bicubic: cannot be read"):
        open_dataset(str(shared_photos), cards)


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "--methods", "bicubic", "--datasets", "~nosuchuser/x"],
        ["run", "--methods", "bicubic", "--datasets", "set5"],
        ["run", "--methods", "bicubic", "--datasets", "bundled", "--output", "x" * 300],
        ["upscale", b"caf\xe9\n.png", "-o", "x.png", "--method", "bicubic"],
        ["datasets", "import", "set5", "x" * 300],
    ],
    ids=lambda arguments: " ".join(str(part)[:20] for part in arguments),
)
def test_the_command_line_prints_one_line_and_no_traceback(arguments, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "srbench", *arguments],
        cwd=tmp_path,
        env={**os.environ, "SRBENCH_DATA": "~nosuchuser/data"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2
    (line,) = done.stderr.decode().splitlines()
    assert line.startswith("error: ")


def test_a_list_of_datasets_says_why_they_cannot_be_found(cli, monkeypatch):
    monkeypatch.setenv("SRBENCH_DATA", "~nosuchuser/data")
    done = cli("list", "datasets", "--json")
    states = {row["name"]: row["state"] for row in json.loads(done.out)}
    assert states["bundled"] == "ready"
    assert states["set5"].startswith("~nosuchuser/data: its home folder is not known")
