"""Datasets on disk: layouts read, imports verified and atomic, everything missing named."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import srbench
from srbench.cards import DatasetCard, Entry, installed_cards
from srbench.datasets import installed_listing, lr_files, open_dataset
from srbench.datasets.install import import_dataset
from srbench.datasets.layout import list_folder
from srbench.errors import DatasetError, RequestError, UnknownNameError
from srbench.files import data_home, is_folder_spec, pixel_sha256, read_image, write_image
from srbench_datasets import celeba, div2k


def entry_for(folder, **changes):
    """A dataset card that describes a folder's images."""
    pixels = {sample.id: pixel_sha256(read_image(sample.hr)) for sample in list_folder(folder).samples}
    values = {
        "name": "tiny", "title": "Tiny", "summary": "s", "reader": "srbench.datasets:list_folder", "folder": "Tiny",
        "count": len(pixels), "licence": "l", "source": "s", "pixels": pixels,
    }  # fmt: skip
    set5 = installed_cards().dataset("set5")
    return Entry(DatasetCard(**(values | changes)), set5.pack, set5.path)


def test_specs_that_look_like_paths_are_folders(photos):
    assert is_folder_spec("./photos")
    assert is_folder_spec("/data/x")
    assert is_folder_spec("~/x")
    assert not is_folder_spec("set5")
    assert [sample.id for sample in open_dataset(str(photos), installed_cards()).samples] == ["one", "three", "two"]


def test_a_folder_does_not_borrow_a_benchmarks_name(tmp_path, photos):
    """Rows called set5 are of images that were checked against the card."""
    photos.rename(tmp_path / "set5")
    assert open_dataset(str(tmp_path / "set5"), installed_cards()).name == "./set5"


def test_directories_are_passed_over_and_broken_links_are_not(photos):
    (photos / "folder.png").mkdir()
    assert len(list_folder(photos).samples) == 3
    (photos / "link.png").symlink_to(photos / "nowhere.png")
    with pytest.raises(DatasetError, match=r"link\.png: is a broken link"):
        list_folder(photos)


def test_a_folder_whose_name_cannot_be_printed(tmp_path, photos):
    odd = tmp_path / os.fsdecode(b"caf\xe9")
    photos.rename(odd)
    with pytest.raises(DatasetError, match="cannot be printed"):
        open_dataset(str(odd), installed_cards())


def test_two_folders_of_one_name_are_told_apart(tmp_path, photos):
    shutil.copytree(photos, tmp_path / "other" / "photos")
    places = {open_dataset(str(folder), installed_cards()).place for folder in (photos, tmp_path / "other" / "photos")}
    assert len(places) == 2


def test_a_folder_named_without_its_path(photos, monkeypatch):
    monkeypatch.chdir(photos.parent)
    with pytest.raises(UnknownNameError, match=r"write \./photos"):
        open_dataset("photos", installed_cards())


def test_a_folder_without_images_and_two_files_of_one_id(tmp_path, photos):
    (tmp_path / "notes.txt").write_text("")
    with pytest.raises(DatasetError, match="holds no images"):
        list_folder(tmp_path)
    shutil.copy(photos / "one.png", photos / "one.bmp")
    with pytest.raises(DatasetError, match="share the id 'one'"):
        list_folder(photos)


def test_the_benchmark_layout_finds_lr_under_either_name(photos, photo):
    for folder, name in (("X2", "onex2"), ("X2", "two"), ("x3", "three_x3"), ("X2", "fourx2")):
        write_image(photos / "LR_bicubic" / folder / f"{name}.png", photo(8, 8))
    (photos / "LR_bicubic" / "readme").mkdir()
    found = lr_files(photos / "LR_bicubic", ["one", "two", "three"])
    assert {name: sorted(files) for name, files in found.items()} == {"one": [2], "two": [2], "three": [3]}


def test_import_verifies_and_copies(photos, photo):
    write_image(photos / "LR_bicubic" / "X2" / "onex2.png", photo(32, 32))
    report = import_dataset(entry_for(photos), photos)
    assert (report.images, report.lr_files, report.verified) == (3, 1, True)
    assert report.folder == data_home() / "Tiny"
    assert len(installed_listing(entry_for(photos)).samples) == 3
    with pytest.raises(RequestError, match="already imported.*--replace"):
        import_dataset(entry_for(photos), photos)
    assert import_dataset(entry_for(photos), photos, replace=True).images == 3
    assert [path.name for path in data_home().iterdir()] == ["Tiny"]


def test_another_file_format_of_the_same_pixels_verifies(photos, tmp_path):
    entry = entry_for(photos)
    from PIL import Image

    (tmp_path / "bmp").mkdir()
    for path in photos.iterdir():
        Image.open(path).save(tmp_path / "bmp" / f"{path.stem}.bmp")
    assert import_dataset(entry, tmp_path / "bmp").verified


def test_import_names_what_differs_and_copies_nothing(photos):
    entry = entry_for(photos)
    write_image(photos / "one.png", 255 - read_image(photos / "one.png"))
    (photos / "two.png").write_bytes(b"")
    with pytest.raises(DatasetError, match=r"2 images fail: one: other pixels than Tiny's; .*two\.png: empty file"):
        import_dataset(entry, photos)
    assert not data_home().joinpath("Tiny").exists()


def test_import_looks_at_lr_files_too(photos, photo):
    write_image(photos / "LR_bicubic" / "X2" / "onex2.png", photo(8, 8))
    (photos / "LR_bicubic" / "X2" / "twox2.png").write_bytes(b"junk")
    with pytest.raises(DatasetError, match=r"onex2\.png is 8×8, expected 32×32; .*twox2\.png: not an image"):
        import_dataset(entry_for(photos), photos)


def test_two_lr_files_of_one_image_are_refused(photos, photo):
    for name in ("one", "onex2"):
        write_image(photos / "LR_bicubic" / "X2" / f"{name}.png", photo(8, 8))
    with pytest.raises(DatasetError, match=r"one\.png and onex2\.png are both 'one'"):
        lr_files(photos / "LR_bicubic", ["one"])


def test_file_names_that_cannot_be_printed_are_refused(photos):
    (photos / "one.png").rename(photos / os.fsdecode(b"caf\xe9.png"))
    with pytest.raises(DatasetError, match="cannot be printed; rename it"):
        list_folder(photos)


def test_a_failed_replacement_puts_the_old_dataset_back(photos, monkeypatch):
    entry = entry_for(photos)
    import_dataset(entry, photos)
    real = Path.rename

    def refuse(self, target):
        if self.name == "new":
            raise OSError(13, "no")
        return real(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", refuse)
        with pytest.raises(DatasetError, match="cannot be written"):
            import_dataset(entry, photos, replace=True)
    assert [path.name for path in data_home().iterdir()] == ["Tiny"]
    assert len(installed_listing(entry).samples) == 3


def test_import_names_what_is_missing_and_unknown(photos):
    entry = entry_for(photos)
    (photos / "one.png").rename(photos / "uno.png")
    with pytest.raises(DatasetError, match="missing one; unknown uno"):
        import_dataset(entry, photos)
    with pytest.raises(DatasetError, match="holds 3 images, the dataset has 4"):
        import_dataset(entry_for(photos, pixels={}, count=4), photos)
    with pytest.raises(DatasetError, match="no such folder; give the folder that holds Tiny"):
        import_dataset(entry, photos / "nowhere")


def test_the_bundled_images_need_no_import(photos):
    with pytest.raises(RequestError, match="nothing to import"):
        import_dataset(installed_cards().dataset("bundled"), photos)


def test_an_import_that_cannot_be_written_leaves_nothing(photos, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SRBENCH_DATA", str(tmp_path / "file" / "home"))
    with pytest.raises(DatasetError, match="cannot be written .*nothing was imported"):
        import_dataset(entry_for(photos), photos)


def test_the_default_data_home_is_the_platforms_cache(monkeypatch):
    monkeypatch.delenv("SRBENCH_DATA")
    assert data_home().parts[-2:] == ("srbench", "datasets")


@pytest.fixture
def div2k_folder(tmp_path, photo):
    for number in range(801, 901):
        for folder, name in (("DIV2K_valid_HR", ""), ("DIV2K_valid_LR_bicubic/X4", "x4")):
            (tmp_path / folder).mkdir(parents=True, exist_ok=True)
            (tmp_path / folder / f"{number:04d}{name}.png").write_bytes(b"listed, not decoded")
    return tmp_path


def test_div2k_lists_its_hundred_validation_images(div2k_folder):
    (div2k_folder / "DIV2K_valid_HR" / "0001.png").write_bytes(b"a training image is not of this split")
    samples = div2k.read_validation(div2k_folder).samples
    assert [sample.id for sample in samples] == [f"{number:04d}" for number in range(801, 901)]
    assert all(sample.lr[4].name == f"{sample.id}x4.png" for sample in samples)


def test_div2k_names_missing_images(div2k_folder, tmp_path):
    (div2k_folder / "DIV2K_valid_HR" / "0850.png").unlink()
    with pytest.raises(DatasetError, match="1 of 100 images missing: 0850"):
        div2k.read_validation(div2k_folder)
    with pytest.raises(DatasetError, match=r"unpack DIV2K_valid_HR\.zip there"):
        div2k.read_validation(tmp_path / "nowhere")


def test_div2k_with_lsdir_lists_two_hundred_images(tmp_path):
    for folder, name in (("DIV2K_LSDIR_valid_HR", ""), ("DIV2K_LSDIR_valid_LR", "x4")):
        (tmp_path / folder).mkdir()
        for image in (*(f"{number:04d}" for number in range(801, 901)), *(f"{n:06d}" for n in range(1, 101))):
            (tmp_path / folder / f"{image}{name}.png").write_bytes(b"listed, not decoded")
    (tmp_path / "DIV2K_LSDIR_valid_LR" / "0900x4.png").unlink()
    samples = div2k.read_with_lsdir(tmp_path).samples
    assert len(samples) == installed_cards().dataset("div2k-lsdir").card.count == 200
    assert [samples[0].id, samples[-1].id] == ["0801", "000100"]
    assert samples[0].lr[4].name == "0801x4.png"
    assert samples[99].lr == {}
    (tmp_path / "DIV2K_LSDIR_valid_HR" / "000007.png").unlink()
    with pytest.raises(DatasetError, match="1 of 200 images missing: 000007"):
        div2k.read_with_lsdir(tmp_path)
    with pytest.raises(DatasetError, match=r"unpack DIV2K_LSDIR_valid_HR\.zip there"):
        div2k.read_with_lsdir(tmp_path / "nowhere")


def celeba_folder(folder, text, names):
    (folder / "img_align_celeba").mkdir(parents=True)
    for name in names:
        (folder / "img_align_celeba" / name).write_bytes(b"")
    (folder / "list_eval_partition.txt").write_text(text)
    return folder


@settings(max_examples=30, deadline=None)
@given(parts=st.lists(st.sampled_from("012"), min_size=1, max_size=30), crlf=st.booleans())
def test_celeba_lists_exactly_the_test_partition(tmp_path_factory, parts, crlf):
    names = [f"{number:06d}.jpg" for number in range(1, len(parts) + 1)]
    end = "\r\n" if crlf else "\n"
    text = "".join(f"{name} {part}{end}" for name, part in zip(names, parts, strict=True))
    folder = celeba_folder(tmp_path_factory.mktemp("celeba") / "c", text, names)
    expected = [name[:-4] for name, part in zip(names, parts, strict=True) if part == "2"]
    if not expected:
        with pytest.raises(DatasetError, match="assigns no image to the test partition"):
            celeba.read_partition(folder, "test")
        return
    listing = celeba.read_partition(folder, "test")
    assert [sample.id for sample in listing.samples] == expected
    assert [path.name for path in listing.companions] == ["list_eval_partition.txt"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1.jpg 2\n1.jpg 2\n", "line 2: 1.jpg is listed twice"),
        ("1.jpg 3\n", "line 1: expected 'NAME.jpg 0|1|2'"),
        ("1.jpg\n", "line 1: expected"),
        ("1.jpg 2\n2.jpg 2\n", "1 of 2 test images missing: 2.jpg"),
        ("", "assigns no image"),
    ],
)
def test_celeba_names_what_is_wrong(tmp_path, text, message):
    with pytest.raises(DatasetError, match=message):
        celeba.read_partition(celeba_folder(tmp_path / "c", text, ["1.jpg"]), "test")


def test_celeba_needs_its_partition_file(tmp_path):
    with pytest.raises(DatasetError, match=r"needs list_eval_partition\.txt"):
        celeba.read_partition(tmp_path, "test")


def test_the_real_celeba_lists(benchmark_data, tmp_path):
    """The official rows, with three real faces declared test images."""
    rows = (benchmark_data / "celeba" / "list_eval_partition.txt").read_text().splitlines()[:6]
    text = "\n".join(row[:-1] + ("2" if index < 3 else "0") for index, row in enumerate(rows)) + "\n"
    folder = celeba_folder(tmp_path / "c", text, [])
    for index in range(1, 7):
        shutil.copy(benchmark_data / "celeba" / "img_align_celeba" / f"{index:06d}.jpg", folder / "img_align_celeba")
    attributes = (benchmark_data / "celeba" / "list_attr_celeba.txt").read_text().splitlines()
    (folder / "list_attr_celeba.txt").write_text("\n".join(["6", *attributes[1:8]]) + "\n")
    listing = celeba.read_partition(folder, "test")
    assert [read_image(sample.hr).shape for sample in listing.samples] == [(3, 218, 178)] * 3
    assert len(listing.companions) == 2
    assert len(listing.labels().classes) == 40
    assert set(listing.labels().values) == {"000001", "000002", "000003"}
    assert [sample.id for sample in celeba.read_partition(folder, "train").samples] == ["000004", "000005", "000006"]
    with pytest.raises(DatasetError, match="assigns no image to the valid partition"):
        celeba.read_partition(folder, "valid")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("1\nA\n1.jpg 1\n", r"1 rows, .* has 2: 1 images without a row \(2 …\), 0 rows of other"),
        ("3\nA\n1.jpg 1\n2.jpg 1\n3.jpg 1\n", r"0 images without a row, 1 rows of other images \(3 …\)"),
        ("2\nA\n1.jpg 1\n3.jpg 1\n", r"1 images without a row \(2 …\), 1 rows of other images \(3 …\)"),
    ],
)
def test_celebas_two_files_name_the_same_images(tmp_path, rows, message):
    folder = celeba_folder(tmp_path / "c", "1.jpg 2\n2.jpg 0\n", ["1.jpg", "2.jpg"])
    (folder / "list_attr_celeba.txt").write_text(rows)
    listing = celeba.read_partition(folder, "test")  # labels are read when something asks for them
    with pytest.raises(DatasetError, match=message):
        listing.labels()


def test_celebas_other_splits_come_along_and_are_asked_for_by_name(tmp_path, photo, monkeypatch):
    folder = celeba_folder(tmp_path / "c", "1.jpg 2\n2.jpg 0\n3.jpg 1\n", [])
    for name in ("1", "2"):
        write_image(folder / "img_align_celeba" / f"{name}.png", photo())
        (folder / "img_align_celeba" / f"{name}.png").rename(folder / "img_align_celeba" / f"{name}.jpg")
    entry = installed_cards().dataset("celeba")
    card = entry.card.model_copy(update={"count": 1, "splits": {"test": 1, "valid": 1, "train": 1}})
    small = Entry(card, entry.pack, entry.path)
    report = import_dataset(small, folder)
    assert (report.images, dict(report.splits)) == (2, {"test": 1, "train": 1})  # nothing of valid is there
    assert installed_listing(small, "train").samples[0].id == "2"
    monkeypatch.setattr("srbench.cards.registry.Registry.dataset", lambda self, name: small)
    assert open_dataset("celeba", installed_cards(), "test").name == "celeba"
    assert open_dataset("celeba", installed_cards(), "train").name == "celeba:train"
    with pytest.raises(RequestError, match="has no split 'dev'; it has test, valid, train"):
        open_dataset("celeba", installed_cards(), "dev")


def test_a_split_that_is_there_in_part_is_not_passed_over(tmp_path, photo):
    folder = celeba_folder(tmp_path / "c", "1.jpg 2\n2.jpg 0\n3.jpg 0\n", [])
    for name in ("1", "2"):
        write_image(folder / "img_align_celeba" / f"{name}.png", photo())
        (folder / "img_align_celeba" / f"{name}.png").rename(folder / "img_align_celeba" / f"{name}.jpg")
    entry = installed_cards().dataset("celeba")
    card = entry.card.model_copy(update={"count": 1, "splits": {"test": 1, "train": 2}})
    with pytest.raises(DatasetError, match=r"1 of 2 train images missing: 3\.jpg"):
        import_dataset(Entry(card, entry.pack, entry.path), folder)


def test_files_that_look_like_images_and_are_not_read(photos):
    for name in ("b.HEIC", "a.gif", ".hidden.gif", "notes.txt", "labels.txt"):
        (photos / name).write_bytes(b"")
    (photos / "folder.gif").mkdir()
    assert open_dataset(str(photos), installed_cards()).passed_over == ("a.gif", "b.HEIC")
    result = srbench.run("nearest", datasets=str(photos), metrics="l1")
    assert "./photos: passed over 2 files that are not read: a.gif, b.HEIC" in result.notes


def test_a_note_names_the_first_files_passed_over_and_counts_the_others(photos, cli, tmp_path):
    for number in range(6):
        (photos / f"{number}.jxl").write_bytes(b"")
    srbench.run("nearest", datasets=str(photos), metrics="l1", output=tmp_path / "run")
    done = cli("leaderboard", tmp_path / "run")  # as read from the disk
    assert "note: ./photos: passed over 6 files that are not read: 0.jxl, 1.jxl, 2.jxl, 3.jxl and 2 more" in done.err


def test_a_folder_of_nothing_but_such_files(tmp_path):
    (tmp_path / "a.heic").write_bytes(b"")
    with pytest.raises(DatasetError, match=r"holds no images .*a\.heic: convert to PNG first"):
        list_folder(tmp_path)
