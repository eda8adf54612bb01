"""What is wrong with a file that was read is said beside the scores."""

from __future__ import annotations

import srbench
from srbench.files import read_image, write_image
from srbench.protocols import imresize


def cut_off(path):
    """The file without the last chunk of a PNG, which holds no pixels."""
    path.write_bytes(path.read_bytes()[:-12])


def test_a_damaged_hr_file_is_suspicious(photos):
    cut_off(photos / "one.png")
    result = srbench.run(["nearest", "bicubic"], datasets=str(photos), metrics="psnr", scale=2)
    assert result.failed == 0
    (note,) = [note for note in result.notes if "suspicious" in note]
    assert note == (
        "nearest, bicubic ×2 on ./photos/one: suspicious: HR file: PNG is cut off: its last chunk, IEND, is missing"
    )


def test_a_damaged_lr_file_is_suspicious(photos):
    for path in [*photos.iterdir()]:
        image = read_image(path)
        small = imresize(image, (image.shape[1] // 2, image.shape[2] // 2))
        write_image(photos / "LR_bicubic" / "X2" / path.name, small)
    cut_off(photos / "LR_bicubic" / "X2" / "two.png")
    result = srbench.run("bicubic", datasets=str(photos), metrics="psnr", scale=2, lr="given")
    assert [note for note in result.notes if "suspicious" in note] == [
        "bicubic ×2 on ./photos/two: suspicious: LR file: PNG is cut off: its last chunk, IEND, is missing"
    ]


def test_a_damaged_result_is_suspicious(photos, tmp_path):
    for path in photos.iterdir():
        image = read_image(path)
        write_image(tmp_path / "theirs" / path.name, image[:, : image.shape[1] // 4 * 4, : image.shape[2] // 4 * 4])
    cut_off(tmp_path / "theirs" / "one.png")
    result = srbench.score(tmp_path / "theirs", name="theirs", dataset=str(photos), scale=4, metrics="l1")
    assert [note for note in result.notes if "suspicious" in note] == [
        "theirs ×4 on ./photos/one: suspicious: result's file: PNG is cut off: its last chunk, IEND, is missing"
    ]


def test_an_hr_file_whose_pixels_are_wrong_fails(photos):
    """As a truncated one does: nothing is scored against grey that a decoder made up."""
    from PIL import Image

    Image.open(photos / "one.png").resize((400, 400)).save(photos / "four.jpg", quality=95)
    data = (photos / "four.jpg").read_bytes()
    (photos / "four.jpg").write_bytes(data[: len(data) // 2] + b"\xff\xd9")
    result = srbench.run("nearest", datasets=str(photos), metrics="psnr")
    assert result.failed == 1
    assert any("four.jpg: damaged or unreadable image" in note and "grey" in note for note in result.notes)
