"""Datasets known by their pixels, and those of which other pixels are only warned of."""

from __future__ import annotations

import json
import re
import shutil

import pytest
from pydantic import ValidationError

import srbench
from srbench.cards import DatasetCard, Entry, installed_cards
from srbench.cards.registry import Registry
from srbench.datasets.install import import_dataset
from srbench.datasets.layout import list_folder
from srbench.errors import DatasetError
from srbench.files import data_home, pixel_sha256, read_image, write_image


@pytest.fixture
def tiny(photos, monkeypatch):
    """Three photographs, known by their pixels, of which others are allowed; imported as `tiny`."""
    pixels = {sample.id: pixel_sha256(read_image(sample.hr)) for sample in list_folder(photos).samples}
    card = DatasetCard(
        name="tiny", title="Tiny", summary="s", reader="srbench.datasets:list_folder", folder="Tiny", count=3,
        licence="l", source="s", pixels=pixels, other_pixels="warn",
    )  # fmt: skip
    set5 = installed_cards().dataset("set5")
    entry = Entry(card, set5.pack, set5.path)
    monkeypatch.setattr(Registry, "dataset", lambda self, name: entry)
    return entry


def moved_by_a_level(path):
    """As another JPEG decoder might decode it."""
    write_image(path, read_image(path) ^ 1)


def scores(tmp_path, name):
    return srbench.run(["nearest", "bicubic"], datasets="tiny", metrics="psnr", output=tmp_path / name)


def test_an_import_counts_and_names_what_differs(tiny, photos):
    assert import_dataset(tiny, photos).differing == ()
    moved_by_a_level(photos / "two.png")
    report = import_dataset(tiny, photos, replace=True)
    assert (report.images, report.verified, report.differing) == (3, True, ("two",))
    assert read_image(data_home() / "Tiny" / "two.png").tolist() == read_image(photos / "two.png").tolist()


def test_the_command_line_says_how_many_differ(tiny, photos, cli):
    assert "tiny: 3 images (all pixels as its card lists)" in cli("datasets", "import", "tiny", photos).out
    for name in ("one", "two"):
        moved_by_a_level(photos / f"{name}.png")
    done = cli("datasets", "import", "tiny", photos, "--replace")
    assert "tiny: 3 images (2 with other pixels than its card lists: one, two; runs warn of them)" in done.out


def test_a_run_names_what_differs_and_scores_it(tiny, photos, tmp_path):
    import_dataset(tiny, photos)
    assert not [note for note in scores(tmp_path, "same").notes if "suspicious" in note]
    for name in ("one", "two"):
        moved_by_a_level(data_home() / "Tiny" / f"{name}.png")
    result = scores(tmp_path, "other")
    assert result.failed == 0
    assert [note for note in result.notes if "suspicious" in note] == [
        "nearest, bicubic ×4 on tiny/one, tiny/two: suspicious: HR has other pixels than tiny's card lists"
    ]


def test_rows_of_other_pixels_are_not_ranked_together(tiny, photos, tmp_path, cli):
    """The pixels count that were read: neither the card's, nor the files', which another decoder decodes otherwise."""

    def hashes(*names):
        shown = cli("leaderboard", *(tmp_path / name for name in names), "--json")
        return [row["dataset_sha256"] for row in json.loads(shown.out)]

    import_dataset(tiny, photos)
    scores(tmp_path, "png")
    from PIL import Image

    for path in sorted(photos.iterdir()):  # the same pixels in other files
        Image.open(path).save(path.with_suffix(".bmp"))
        path.unlink()
    import_dataset(tiny, photos, replace=True)
    scores(tmp_path, "bmp")
    assert len(set(hashes("png", "bmp"))) == 1
    image = read_image(data_home() / "Tiny" / "one.bmp")
    Image.fromarray((image ^ 1).transpose(1, 2, 0)).save(data_home() / "Tiny" / "one.bmp")
    scores(tmp_path, "other")
    assert len(set(hashes("png", "bmp", "other"))) == 2


def test_an_image_that_cannot_be_decoded_fails_and_no_more(tiny, photos, tmp_path):
    import_dataset(tiny, photos)
    (data_home() / "Tiny" / "two.png").write_bytes(b"no image")
    assert scores(tmp_path, "run").failed == 2


def test_other_pixels_of_what_is_refused_are_no_warning(tiny, photos):
    card = tiny.card.model_copy(update={"other_pixels": "refuse"})
    moved_by_a_level(photos / "one.png")
    with pytest.raises(DatasetError, match="one: other pixels than Tiny's"):
        import_dataset(Entry(card, tiny.pack, tiny.path), photos)


def test_a_card_without_hashes_has_nothing_to_warn_of(tiny):
    described = tiny.card.model_dump() | {"pixels": {}}
    with pytest.raises(ValidationError, match="other_pixels is set but"):
        DatasetCard(**described)
    with pytest.raises(ValidationError, match="'refuse' or 'warn'"):
        DatasetCard(**(tiny.card.model_dump() | {"other_pixels": "ignore"}))


def test_b100_and_urban100_are_known_by_their_pixels(cli):
    rows = {row["name"]: row["hashes"] for row in json.loads(cli("list", "datasets", "--json").out)}
    assert rows["urban100"] == rows["set5"] == "every image"
    assert rows["b100"] == "every image; other pixels are warned of"
    assert rows["div2k"] == "none known"
    cards = {name: installed_cards().dataset(name).card for name in ("b100", "urban100")}
    assert [len(set(card.pixels.values())) for card in cards.values()] == [100, 100]
    assert [card.other_pixels for card in cards.values()] == ["warn", "refuse"]


@pytest.mark.parametrize("name", ["b100", "urban100"])
def test_strangers_under_their_names(name, photo, tmp_path, cli):
    card = installed_cards().dataset(name).card
    write_image(tmp_path / "one.png", photo(32, 32))
    (tmp_path / "DIR" / "HR").mkdir(parents=True)
    for image in card.pixels:
        shutil.copy(tmp_path / "one.png", tmp_path / "DIR" / "HR" / f"{image}.png")
    done = cli("datasets", "import", name, tmp_path / "DIR")
    if name == "urban100":
        assert done.code == 2
        assert "nothing was imported; 100 images fail: img_001: other pixels than Urban100's" in done.err
        return
    assert "100 with other pixels than its card lists: 101085, 101087, 102061, 103070 …" in done.out
    result = srbench.run("nearest", datasets="b100", metrics="l1")
    (note,) = [note for note in result.notes if "suspicious" in note]
    named = re.fullmatch(r"nearest ×4 on (.*) and (\d+) more: suspicious: HR has other pixels than b100's .*", note)
    assert named is not None
    assert len(named[1].split(", ")) + int(named[2]) == 100
