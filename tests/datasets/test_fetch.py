"""A dataset from the network or from its archives to where runs find it."""

from __future__ import annotations

import hashlib
import threading
import time
import zipfile

import pytest

import srbench
from srbench.cards import DatasetCard, Entry, installed_cards
from srbench.datasets.fetch import fetch_dataset, import_files
from srbench.datasets.layout import list_folder
from srbench.errors import DatasetError, DownloadError, RequestError
from srbench.files import cache_home, data_home, pixel_sha256, read_image


@pytest.fixture
def archive(tmp_path, photos):
    """The three photographs as an archive of several benchmarks."""
    with zipfile.ZipFile(tmp_path / "benchmark.zip", "w") as made:
        for path in sorted(photos.iterdir()):
            made.write(path, f"benchmark/Tiny/HR/{path.name}")
            made.write(path, f"benchmark/Other/HR/{path.name}")
    return tmp_path / "benchmark.zip"


@pytest.fixture
def entry(photos, site, archive):
    """A card that describes them, whose only mirror is the loopback site."""
    pixels = {sample.id: pixel_sha256(read_image(sample.hr)) for sample in list_folder(photos).samples}
    site.files["/benchmark.zip"] = archive.read_bytes()
    card = DatasetCard(
        name="tiny", title="Tiny", summary="s", reader="srbench.datasets:list_folder", folder="Tiny", count=3,
        licence="l", source="s", pixels=pixels,
        archives=[
            {
                "file": "benchmark.zip", "urls": [f"{site.url}/absent.zip", f"{site.url}/benchmark.zip"],
                "checksum": f"sha256:{hashlib.sha256(archive.read_bytes()).hexdigest()}",
                "prefix": "benchmark/Tiny/", "unpacked_mib": 5,
            }
        ],
    )  # fmt: skip
    set5 = installed_cards().dataset("set5")
    return Entry(card, set5.pack, set5.path)


def test_fetching_installs_what_the_card_says(entry):
    report = fetch_dataset(entry)
    assert (report.images, report.verified, report.folder) == (3, True, data_home() / "Tiny")
    assert [path.name for path in data_home().iterdir()] == ["Tiny"]  # nothing of the unpacking is left
    assert not list((cache_home() / "downloads").rglob("*.zip"))
    with pytest.raises(RequestError, match="already imported"):
        fetch_dataset(entry)
    assert fetch_dataset(entry, replace=True, keep_archive=True).images == 3
    assert len(list((cache_home() / "downloads").rglob("benchmark.zip"))) == 1


def test_a_file_that_is_not_to_be_had_says_how_to_go_on(entry, site):
    del site.files["/benchmark.zip"]
    with pytest.raises(DownloadError) as caught:
        fetch_dataset(entry)
    message = str(caught.value)
    assert message.count("the server answers 404") == 2
    assert "srbench datasets import tiny FILE" in message
    assert not data_home().exists() or not any(data_home().iterdir())


def test_other_pixels_are_not_installed_and_the_download_stays(entry, site, photos, tmp_path):
    card = entry.card.model_copy(update={"pixels": {**entry.card.pixels, "one": "0" * 64}})
    with pytest.raises(DatasetError, match="one: other pixels than Tiny's"):
        fetch_dataset(Entry(card, entry.pack, entry.path))
    assert not (data_home() / "Tiny").exists()
    assert len(list((cache_home() / "downloads").rglob("benchmark.zip"))) == 1


def test_archives_from_the_disk_are_imported_too(entry, archive, photos, tmp_path):
    assert import_files(entry, [archive]).images == 3
    archive.rename(tmp_path / "other-name.zip")
    assert import_files(entry, [tmp_path / "other-name.zip"], replace=True).images == 3
    assert import_files(entry, [photos], replace=True).images == 3
    with zipfile.ZipFile(tmp_path / "own.zip", "w") as made:  # nobody's layout but the folder's
        for path in photos.iterdir():
            made.write(path, f"Tiny/{path.name}")
    assert import_files(entry, [tmp_path / "own.zip"], replace=True).images == 3
    with zipfile.ZipFile(tmp_path / "empty.zip", "w") as made:
        made.writestr("Tiny/readme.txt", "nothing")
    with pytest.raises(DatasetError) as caught:
        import_files(entry, [tmp_path / "empty.zip"], replace=True)
    assert str(caught.value).startswith("Tiny: holds no images")


def test_what_is_neither_folder_nor_file(entry, tmp_path, archive):
    with pytest.raises(DatasetError, match="no such folder"):
        import_files(entry, [tmp_path / "absent"])
    with pytest.raises(DatasetError, match="no such file"):
        import_files(entry, [archive, tmp_path / "absent"])
    with pytest.raises(DatasetError, match="is a folder; give one folder"):
        import_files(entry, [archive, tmp_path])


def test_an_archive_of_two_datasets_is_fetched_once(entry, site, monkeypatch, cli):
    other = entry.card.model_copy(
        update={
            "name": "other", "folder": "Other",
            "archives": (entry.card.archives[0].model_copy(update={"prefix": "benchmark/Other/"}),),
        }
    )  # fmt: skip
    entries = {"tiny": entry, "other": Entry(other, entry.pack, entry.path)}
    monkeypatch.setattr("srbench.cards.registry.Registry.dataset", lambda self, name: entries[name])
    done = cli("datasets", "fetch", "tiny", "other")
    assert (done.code, done.out.count("3 images")) == (0, 2)
    assert [path for path, _ in site.asked].count("/benchmark.zip") == 1
    assert not list((cache_home() / "downloads").rglob("*.zip"))
    again = cli("datasets", "fetch", "tiny", "other")
    assert (again.code, again.out.count("already there")) == (0, 2)


def test_two_at_once_do_not_write_one_file(entry, site):
    site.slow["/benchmark.zip"] = threading.Event()
    first = threading.Thread(target=fetch_dataset, args=(entry,))
    first.start()
    while not any(path == "/benchmark.zip" for path, _ in site.asked):
        time.sleep(0.01)
    with pytest.raises(DownloadError, match="another srbench is fetching it"):
        fetch_dataset(entry)
    site.slow["/benchmark.zip"].set()
    first.join()
    assert len(list_folder(data_home() / "Tiny").samples) == 3


def test_a_card_without_addresses(entry, photos):
    card = entry.card.model_copy(update={"archives": ()})
    with pytest.raises(RequestError, match="no address is known"):
        fetch_dataset(Entry(card, entry.pack, entry.path))


def test_the_verb_fetches_and_a_run_finds_it(entry, monkeypatch, cli):
    cards = installed_cards()
    monkeypatch.setattr("srbench.cards.registry.Registry.dataset", lambda self, name: entry)
    monkeypatch.setattr(cards, "datasets", {**cards.datasets, "tiny": entry})
    done = cli("datasets", "fetch", "tiny")
    assert done.code == 0
    assert "tiny: 3 images (all pixels as its card lists)" in done.out
    assert srbench.run("nearest", datasets="tiny", scale=2, metrics="l1").failed == 0


@pytest.mark.parametrize("name", ["set5", "set14", "b100", "urban100", "div2k", "celeba"])
def test_every_named_dataset_has_addresses_and_a_checksum_for_each_file(name):
    card = installed_cards().dataset(name).card
    assert card.archives
    assert all(archive.checksum and len(archive.urls) >= 2 for archive in card.archives)
