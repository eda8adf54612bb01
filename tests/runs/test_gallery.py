"""Saved images: the ones that were scored, under names that any disk takes, completed by the same command."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import srbench
from srbench.errors import RequestError, StoreError
from srbench.files import pixel_sha256, read_image, write_image
from srbench.runs.gallery import file_names
from srbench.runs.reading import read_records, read_run


@example(["./", "-"])
@given(st.lists(st.text(min_size=1, max_size=90), unique=True, max_size=12))
def test_names_of_files_are_short_plain_and_different_without_capitals(names):
    found = file_names(names)
    assert list(found) == names
    assert len({name.lower() for name in found.values()}) == len(names)
    for name in found.values():
        assert len(name.encode()) <= 130
        assert name
        assert name[0] not in ".-"
        assert not set(name) & set('/\\:*?"<>| ')


def test_what_is_saved_is_what_was_scored(photos, tmp_path):
    folder = tmp_path / "run"
    result = srbench.run(
        ["nearest", "bicubic"],
        datasets=str(photos),
        scale=2,
        protocol=["classic-y", "rgb", "srcnn-y"],
        metrics="psnr",
        output=folder,
        save_images=True,
    )
    (dataset,) = read_run(folder).datasets
    files = sorted(str(path.relative_to(folder)) for path in (folder / "images").rglob("*.png"))
    place = files[0].split("/")[1]
    assert place.endswith("-x2")
    # rgb has the LR of classic-y, and so its images; srcnn-y upscales luma alone.
    assert files == [
        f"images/{place}/{protocol}/{method}/{name}.png"
        for protocol in ("classic-y", "srcnn-y")
        for method in ("HR", "bicubic", "nearest")
        for name in ("one", "three", "two")
    ]
    for record in result.items:
        protocol = "srcnn-y" if record.key.protocol == "srcnn-y" else "classic-y"
        sr, hr = (
            read_image(folder / "images" / place / protocol / method / f"{record.key.image}.png")
            for method in (record.key.method, "HR")
        )
        assert pixel_sha256(sr) == record.image_sha256
        assert sr.shape == hr.shape
        assert len(sr) == (1 if protocol == "srcnn-y" else 3)
        inner = [side[:, 2:-2, 2:-2].astype(float) for side in (sr, hr)]
        if record.key.protocol == "rgb":
            expected = 10 * np.log10(255**2 / np.mean((inner[0] - inner[1]) ** 2))
            assert record.scores["psnr"] == pytest.approx(expected)
    assert dataset in {record.key.dataset for record in read_records(folder)[0]}


def test_the_same_command_saves_what_is_missing(photos, tmp_path):
    folder = tmp_path / "run"

    def again(*, save):
        return srbench.run("nearest", datasets=str(photos), scale=2, output=folder, save_images=save)

    again(save=False)
    assert not (folder / "images").exists()
    assert again(save=True).reused == 0  # scored, but not saved
    assert again(save=True).reused == 3
    assert again(save=False).reused == 3
    one = next((folder / "images").rglob("nearest/one.png"))
    before = one.read_bytes()
    one.unlink()
    assert again(save=True).reused == 2
    assert one.read_bytes() == before


def test_an_image_that_cannot_be_saved_stops_the_run(photos, tmp_path):
    folder = tmp_path / "run"
    srbench.run("nearest", datasets=str(photos), scale=2, output=folder)
    (folder / "images").write_text("in the way")
    with pytest.raises(StoreError, match=r"cannot be written .* finished records are kept"):
        srbench.run("nearest", datasets=str(photos), scale=2, output=folder, save_images=True)
    assert json.loads((folder / "run.json").read_text())["status"] == "unfinished"


def test_images_need_a_folder(cli, photos, tmp_path):
    with pytest.raises(RequestError, match="name one with output"):
        srbench.run("nearest", datasets=str(photos), save_images=True)
    done = cli("score", "--dataset", photos, "--scale", 2, "--images", photos, "--name", "same", "--save-images")
    assert done.code == 2
    assert "--output DIR" in done.err


@pytest.mark.parametrize("changed", ["nearest", "HR"])
def test_an_image_that_was_changed_is_saved_anew(photos, tmp_path, changed):
    def again():
        return srbench.run("nearest", datasets=str(photos), scale=2, output=tmp_path / "run", save_images=True)

    again()
    file = next((tmp_path / "run" / "images").rglob(f"{changed}/two.png"))
    before = file.read_bytes()
    write_image(file, read_image(file) ^ 1)
    assert again().reused == 2
    assert file.read_bytes() == before
    file.write_bytes(b"")
    assert again().reused == 2
    assert file.read_bytes() == before
    assert again().reused == 3
