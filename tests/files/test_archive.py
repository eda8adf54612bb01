"""Archives made to do harm, and ordinary ones."""

from __future__ import annotations

import contextlib
import io
import stat
import tarfile
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from srbench.errors import DatasetError
from srbench.files import is_archive, unpack

ROOM = 10_000


def zipped(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return path


def tarred(path, members):
    with tarfile.open(path, "w:gz") as archive:
        for member, data in members:
            info = member if isinstance(member, tarfile.TarInfo) else tarfile.TarInfo(member)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def packed(kind, folder, members):
    return zipped(folder / "a.zip", members) if kind == "zip" else tarred(folder / "a.tar.gz", members)


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_files_come_out_as_they_went_in(tmp_path, kind):
    archive = packed(kind, tmp_path, [("set/HR/a.png", b"1"), ("set/b.png", b"22"), ("other/c.png", b"3")])
    assert is_archive(archive)
    assert unpack(archive, tmp_path / "out", limit=ROOM, prefix="set/") == 2
    found = {str(p.relative_to(tmp_path / "out")): p.read_bytes() for p in (tmp_path / "out").rglob("*") if p.is_file()}
    assert found == {"HR/a.png": b"1", "b.png": b"22"}


@pytest.mark.parametrize("kind", ["zip", "tar"])
@pytest.mark.parametrize("name", ["../evil", "/evil", "a/../../evil", "..\\evil", "c:/evil"])
def test_nothing_leaves_the_folder(tmp_path, kind, name):
    archive = packed(kind, tmp_path, [("good", b"1"), (name, b"2")])
    with pytest.raises(DatasetError, match="leads out of the folder"):
        unpack(archive, tmp_path / "in" / "out", limit=ROOM)
    assert not list(tmp_path.rglob("*evil*"))


@settings(max_examples=60, deadline=None)
@given(parts=st.lists(st.sampled_from(["..", ".", "a", "", "/", "\\", "b c", "ä"]), min_size=1, max_size=6))
def test_whatever_a_name_is_made_of_it_stays_inside(tmp_path_factory, parts):
    folder = tmp_path_factory.mktemp("archive")
    archive = zipped(folder / "a.zip", [("/".join(parts) or "/", b"data")])
    with contextlib.suppress(DatasetError, OSError):
        unpack(archive, folder / "in" / "out", limit=ROOM)
    written = [path for path in folder.rglob("*") if path.is_file() and path != archive]
    assert all(path.is_relative_to(folder / "in" / "out") for path in written)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_links_and_devices_are_refused(tmp_path, kind):
    info = tarfile.TarInfo("link")
    info.type, info.linkname = kind, "/etc/passwd"
    with pytest.raises(DatasetError, match="a link or a device"):
        unpack(tarred(tmp_path / "a.tar.gz", [(info, b"")]), tmp_path / "out", limit=ROOM)


def test_a_link_in_a_zip_is_refused(tmp_path):
    info = zipfile.ZipInfo("link")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(DatasetError, match="a link or a device"):
        unpack(zipped(tmp_path / "a.zip", [(info, "/etc/passwd")]), tmp_path / "out", limit=ROOM)


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_a_bomb_goes_off_in_small(tmp_path, kind):
    """Ten million zeros pack into ten thousand bytes; many files that each fit do not fit together."""
    for members in ([("zeros", bytes(10_000_000))], [(f"zeros-{i}", bytes(ROOM // 2)) for i in range(20)]):
        archive = packed(kind, tmp_path, members)
        with pytest.raises(DatasetError, match="unpacks to more than"):
            unpack(archive, tmp_path / f"out-{len(members)}", limit=ROOM)
        written = sum(path.stat().st_size for path in (tmp_path / f"out-{len(members)}").rglob("*"))
        assert written <= ROOM


def test_an_archive_that_lies_about_a_size(tmp_path):
    archive = zipped(tmp_path / "a.zip", [("zeros", bytes(200_000))])
    data = archive.read_bytes()
    archive.write_bytes(data.replace((200_000).to_bytes(4, "little"), (100).to_bytes(4, "little")))
    with pytest.raises(DatasetError):
        unpack(archive, tmp_path / "out", limit=ROOM)
    assert sum(path.stat().st_size for path in (tmp_path / "out").rglob("*")) <= ROOM


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz"])
def test_what_is_no_archive(tmp_path, name):
    (tmp_path / name).write_bytes(b"<html>quota exceeded</html>" * 100)
    with pytest.raises(DatasetError, match="damaged or no archive"):
        unpack(tmp_path / name, tmp_path / "out", limit=ROOM)


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_a_name_twice_is_refused(tmp_path, kind):
    members = [("a", b"1"), ("a", b"2")]
    if kind == "zip":
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive = packed(kind, tmp_path, members)
    else:
        archive = packed(kind, tmp_path, members)
    with pytest.raises(DatasetError, match="duplicate name"):
        unpack(archive, tmp_path / "out", limit=ROOM)


@pytest.mark.parametrize("second", ["./a", "a//", "a/b"])
def test_names_that_come_to_one_file(tmp_path, second):
    with pytest.raises(DatasetError) as caught:
        unpack(tarred(tmp_path / "a.tar.gz", [("a", b"1"), (second, b"2")]), tmp_path / "out", limit=ROOM)
    assert "cannot be written" not in str(caught.value)


def test_a_damaged_bzip2_is_the_archives_fault(tmp_path):
    with tarfile.open(tmp_path / "a.tar.bz2", "w:bz2") as archive:
        info = tarfile.TarInfo("a")
        info.size = 9000
        archive.addfile(info, io.BytesIO(bytes(range(250)) * 36))
    data = bytearray((tmp_path / "a.tar.bz2").read_bytes())
    data[len(data) // 2 :] = bytes(len(data) - len(data) // 2)
    (tmp_path / "a.tar.bz2").write_bytes(data)
    with pytest.raises(DatasetError, match="damaged") as caught:
        unpack(tmp_path / "a.tar.bz2", tmp_path / "out", limit=ROOM)
    assert "\n" not in str(caught.value)


def test_the_wrong_archive(tmp_path):
    with pytest.raises(DatasetError, match="holds no files below set5/"):
        unpack(zipped(tmp_path / "a.zip", [("set14/a", b"1")]), tmp_path / "out", limit=ROOM, prefix="set5/")


def test_a_damaged_tar(tmp_path):
    archive = tarred(tmp_path / "a.tar.gz", [("a", bytes(range(256)) * 20)])
    archive.write_bytes(archive.read_bytes()[:-40])
    with pytest.raises(DatasetError, match="damaged"):
        unpack(archive, tmp_path / "out", limit=ROOM)
