"""Running over some of a dataset's images, by their ids."""

from __future__ import annotations

import pytest

import srbench
from srbench.errors import RequestError
from srbench.files import write_image


def ids(result):
    return [record.key.image for record in result.items]


def test_the_images_keep_the_datasets_order_and_scores(photos, tmp_path):
    whole = srbench.run("nearest", datasets=str(photos), metrics="psnr")
    chosen = srbench.run("nearest", datasets=str(photos), metrics="psnr", images=["two", "one"])
    assert ids(chosen) == ["one", "two"]
    assert chosen.leaderboard["dataset"].tolist() == ["./photos[one+two]"]
    known = {record.key.image: record.scores for record in whole.items}
    assert all(known[record.key.image] == record.scores for record in chosen.items)
    listed = tmp_path / "list.txt"
    listed.write_text("# the square one\none\n\n./photos/two\n")
    assert ids(srbench.run("nearest", datasets=str(photos), metrics="psnr", images=f"@{listed}")) == ["one", "two"]


def test_two_selections_are_two_plans(tmp_path, photo):
    for index in range(6):
        write_image(tmp_path / "many" / f"{index}.png", photo(48, 48, top=8 * index))
    names = {
        srbench.run("nearest", datasets=str(tmp_path / "many"), metrics="psnr", images=list(ids)).leaderboard[
            "dataset"
        ][0]
        for ids in ("0123", "1234", "3210")
    }
    assert len(names) == 2
    assert all(name.startswith("./many[4 chosen ") for name in names)


def test_each_dataset_has_its_own(photos):
    result = srbench.run("nearest", datasets=[str(photos), "bundled"], metrics="psnr", images=["one", "bundled/coffee"])
    assert result.leaderboard["dataset"].tolist() == ["./photos[one]", "bundled[coffee]"]
    several = srbench.run("nearest", datasets="bundled", images=["coffee", "chelsea", "astronaut", "rocket"], limit=2)
    assert len(ids(several)) == 2


@pytest.mark.parametrize(
    ("images", "message"),
    [
        ("onne", "image 'onne': not in ./photos, did you mean one"),
        (["one", "one"], "image 'one' given twice"),
        ("@none.txt", "@none.txt: cannot be read as a list of image ids"),
        ("one,two", r"write \['one', 'two'\]"),
        (3, "expected an image's id"),
    ],
)
def test_what_is_refused(photos, images, message):
    with pytest.raises(RequestError, match=message):
        srbench.run("nearest", datasets=str(photos), images=images)


def test_a_dataset_without_any_and_an_empty_list(photos, tmp_path):
    with pytest.raises(RequestError, match="bundled: has none of the images one; leave out the dataset"):
        srbench.run("nearest", datasets=[str(photos), "bundled"], images="one")
    (tmp_path / "list.txt").write_text("# nothing\n")
    with pytest.raises(RequestError, match="lists no image; write one id a line"):
        srbench.run("nearest", datasets=str(photos), images=f"@{tmp_path / 'list.txt'}")


def test_from_the_command_line(photos, cli):
    made = cli("run", "--methods", "nearest", "--datasets", photos, "--images", "three,one", "--metrics", "psnr")
    assert made.code == 0
    assert "./photos[one+three] ×4" in made.out
