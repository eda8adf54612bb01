"""The page's file: how large it may be, what it leaves out and says so, and that it points nowhere."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image as Pil

import srbench
from srbench.files import read_image, write_image
from srbench.report import write_page
from srbench.report.content import MOST_IMAGES, gather
from srbench.report.page import render
from srbench.report.pictures import Budget, collect_pictures
from srbench.runs import open_runs
from srbench.runs.reading import read_records, read_run


def data_of(text):
    data = json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL).group(1))
    for group in data["groups"]:
        group["images"] = dict(group["images"])
    return data


def decoded(picture):
    return np.asarray(Pil.open(io.BytesIO(base64.b64decode(picture))).convert("RGB")).transpose(2, 0, 1)


def saved(run, protocol, method, image):
    (place,) = (run / "images").iterdir()
    return read_image(place / protocol / method / f"{image}.png")


def test_pictures_are_the_saved_pixels(saved_run):
    content = gather(open_runs([saved_run]))
    pictures = collect_pictures(content.groups, MOST_IMAGES)
    assert len(pictures.views) == 14  # seven images in two tables
    assert len(pictures.files) == 28  # and once in the file: HR and three methods
    for (_, image), view in pictures.views.items():
        assert not view.cropped
        for name, index in view.pictures.items():
            assert np.array_equal(decoded(pictures.files[index]), saved(saved_run, "classic-y", name, image))


def test_a_smaller_budget_crops_to_where_methods_differ(saved_run, tmp_path):
    size = 120_000
    content = gather(open_runs([saved_run]))
    pictures = collect_pictures(content.groups, MOST_IMAGES, Budget(size))
    assert sum(map(len, pictures.files)) <= size
    assert sum(map(len, pictures.files)) > size * 0.8
    areas = {view.box.width * view.box.height for view in pictures.views.values() if view.cropped}
    assert areas
    assert max(areas) < 1.1 * min(areas)  # each image has as much room
    for (_, image), view in pictures.views.items():
        for name, index in view.pictures.items():
            whole = saved(saved_run, "classic-y", name, image)
            assert view.size == whole.shape[1:]
            assert np.array_equal(decoded(pictures.files[index]), view.box.cut(whole))
    written = write_page([saved_run], tmp_path / "r.html", budget=Budget(size))
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert written.cropped == sum(view.cropped for view in pictures.views.values())
    said = f"{written.cropped} of 14 images are cropped to the part where the methods differ most"
    assert said in " ".join(text.split())


@pytest.mark.parametrize(("images", "size"), [(1, 24e6), (14, 24e6), (100, 56e6), (9999, 56e6)])
def test_how_large_a_page_may_be(images, size):
    assert Budget.of(images).size == size


def test_figures_are_the_records(saved_run, page_file):
    text = page_file.read_text(encoding="utf-8")
    data = data_of(text)
    assert [list(group["styles"].items()) for group in data["groups"]] == [
        [("lanczos", 0), ("bicubic", 1), ("nearest", 2)]
    ] * 2
    for group, protocol in zip(data["groups"], ("classic-y", "rgb"), strict=True):
        expected = {
            (record.key.image, record.key.method): record.scores["psnr"]
            for record in read_records(saved_run)[0]
            if record.key.protocol == protocol
        }
        told = {image: entry["figures"] for image, entry in group["images"].items()}
        assert {(image, name): value for image, figures in told.items() for name, value in figures.items()} == expected
        spreads = [max(figures.values()) - min(figures.values()) for figures in told.values()]
        assert spreads == sorted(spreads, reverse=True)
    run = read_run(saved_run)
    assert run.protocols["rgb"].hash in text
    assert next(iter(run.datasets.values())).sha256 in text
    assert "On the Pareto front, slowest first:" in text
    assert "A &lt;title&gt; &amp; more" in text


def test_nothing_in_the_file_points_outside(page_file):
    text = page_file.read_text(encoding="utf-8")
    page = re.sub(r"<script type=\"image/webp\".*?</script>|<pre.*?</pre>", "", text, flags=re.DOTALL)
    # Namespaces are names, not addresses.
    found = set(re.findall(r"https?://[^\s\"'<)]+", page)) - {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }
    assert found == set()
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert "default-src 'none'" in text


def test_names_are_text_whatever_they_hold(tmp_path, photo):
    folder = tmp_path / "<b>bold & </script><script>alert(1)</script>"
    try:
        for index in range(2):
            write_image(folder / f"<i>'\"&{index}.png", photo(48, 48, top=40 * index))
    except OSError:
        pytest.skip("this file system has no such names")
    srbench.run("nearest", datasets=str(folder), scale=2, output=tmp_path / "run", save_images=True)
    write_page([tmp_path / "run"], tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "<script>alert" not in text
    assert "<i>'" not in text
    assert text.count("</script>") == text.count("<script")
    assert set(data_of(text)["groups"][0]["images"]) == {"<i>'\"&0", "<i>'\"&1"}


def test_an_image_of_another_state_is_left_out_and_named(saved_run, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(saved_run, run)
    (place,) = (run / "images").iterdir()
    changed = place / "classic-y" / "nearest" / "image-1.png"
    write_image(changed, read_image(changed) ^ 1)
    (place / "classic-y" / "bicubic" / "image-2.png").write_bytes(b"no image")
    (place / "classic-y" / "HR" / "image-3.png").unlink()
    written = write_page([run], tmp_path / "r.html")
    assert written.images == 12  # of 14: image-3 has nothing to compare with
    assert len(written.problems) == 3
    assert "image-1.png: not the image that was scored" in written.problems[0]
    groups = data_of((tmp_path / "r.html").read_text(encoding="utf-8"))["groups"]
    assert set(groups[0]["images"]["image-1"]["pictures"]) == {"HR", "bicubic", "lanczos"}
    assert set(groups[0]["images"]["image-2"]["pictures"]) == {"HR", "nearest", "lanczos"}
    assert "image-3" not in groups[0]["images"]


def test_a_run_without_images_or_timings_and_an_unfinished_one(cli, photos, tmp_path):
    srbench.run(["nearest", "bicubic"], datasets=str(photos), scale=2, output=tmp_path / "plain")
    done = cli("report", "plain", "-o", "r.html")
    assert done.code == 0, done.err
    assert "no images: run with --save-images for them" in done.out
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "the run has no saved images" in text
    assert "nothing was timed" in text
    assert "3 images are too few for a claim" in text
    lines = (tmp_path / "plain" / "records.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "plain" / "records.jsonl").write_text("".join(lines[:3]))
    assert cli("report", "plain", "-o", "r.html").code == 0
    assert "unfinished: 3 of 6 records" in (tmp_path / "r.html").read_text(encoding="utf-8")
    (tmp_path / "plain" / "records.jsonl").write_text("")
    assert cli("report", "plain", "-o", "r.html").code == 0


def test_several_runs_share_tables_but_not_names(saved_run, tmp_path, photo):
    folder = tmp_path / "photos"
    for index in range(7):
        write_image(folder / f"image-{index}.png", photo(60 + 2 * index, 80, top=30 * index, left=20 * index))
    # Another folder, but the same images under the same names.
    other = tmp_path / "other"
    srbench.run("bilinear", datasets=str(folder), scale=2, metrics="psnr", output=other, save_images=True)
    content = gather(open_runs([saved_run, other]))
    assert content.groups[0].methods == ("lanczos", "bicubic", "bilinear", "nearest")
    assert [run.label for run in content.runs] == ["small", "other"]
    pictures = collect_pictures(content.groups, MOST_IMAGES)
    assert set(pictures.views[0, "image-0"].pictures) == {"HR", "lanczos", "bicubic", "bilinear", "nearest"}
    assert "bilinear" in render(content, pictures, "two")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none", "-o", "r.html"], "none: no such folder"),
        (["file", "-o", "r.html"], "file: is a file; name a folder"),
        ([".", "-o", "r.html"], "holds no srbench run"),
        (["run", "-o", "r.pdf"], "name the file .html"),
        (["run", "-o", "."], "name the file .html"),
        (["run", "-o", "file/r.html"], "cannot be written"),
    ],
)
def test_wrong_requests(cli, photos, tmp_path, arguments, message):
    (tmp_path / "file").write_text("in the way")
    srbench.run("nearest", datasets=str(photos), scale=2, metrics="psnr", output=tmp_path / "run")
    done = cli("report", *arguments)
    assert done.code == 2
    assert message in done.err
    assert len(done.err.splitlines()) == 1


def test_a_hr_image_of_another_state_is_left_out(saved_run, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(saved_run, run)
    (place,) = (run / "images").iterdir()
    write_image(place / "classic-y" / "HR" / "image-0.png", 255 - saved(saved_run, "classic-y", "HR", "image-0"))
    written = write_page([run], tmp_path / "r.html")
    assert written.images == 12
    assert "HR/image-0.png: not the image that was scored" in written.problems[0]


def test_pictures_are_shared_by_protocols_that_rank_otherwise(saved_run):
    content = gather(open_runs([saved_run]))
    first, second = content.groups
    turned = [replace(row, saved=dict(reversed(row.saved.items()))) for row in second.images]
    pictures = collect_pictures([first, replace(second, images=tuple(turned))], MOST_IMAGES)
    assert len(pictures.files) == 28


def test_methods_that_scored_other_images_are_left_out_of_the_pairs_and_named(saved_run, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(saved_run, run)
    lines = (run / "records.jsonl").read_text().splitlines(keepends=True)
    gone = [line for line in lines if '"nearest"' in line and '"image-0"' in line and '"rgb"' in line]
    (run / "records.jsonl").write_text("".join(line for line in lines if line not in gone))
    content = gather(open_runs([run]))
    by_protocol = {group.protocol: group for group in content.groups}
    assert len(by_protocol["classic-y"].differences) == 3
    assert [(one.first, one.second) for one in by_protocol["rgb"].differences] == [("lanczos", "bicubic")]
    assert by_protocol["rgb"].left_out == ("nearest",)
    page = render(content, collect_pictures(content.groups, MOST_IMAGES), "one gone")
    assert "or have no figure for one: nearest." in page


def test_a_row_that_two_runs_hold_counts_once(saved_run, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(saved_run, other)
    told = json.loads((other / "run.json").read_text())
    (other / "run.json").write_text(json.dumps(told | {"srbench": "0.0.0"}))
    content = gather(open_runs([saved_run, other]))
    assert len(content.groups[0].methods) == 6
    assert len(content.groups[0].differences) == 3
    assert {one.p for one in content.groups[0].differences} == {
        one.p for one in gather(open_runs([saved_run])).groups[0].differences
    }


def test_runs_of_other_metrics_and_folders_of_one_name(tmp_path, photo):
    for index, metric in enumerate(("ssim", "psnr")):
        folder = tmp_path / str(index) / "photos"
        for image in range(2):
            write_image(folder / f"{image}.png", photo(40, 40, top=50 * image + 10 * index))
        srbench.run("nearest", datasets=str(folder), scale=2, metrics=metric, output=tmp_path / f"run-{index}")
    content = gather(open_runs([tmp_path / "run-0", tmp_path / "run-1"]))
    assert [group.metric.name for group in content.groups] == ["ssim", "psnr"]
    titles = [group.title for group in content.groups]
    assert len(set(titles)) == 2
    assert all(title.startswith("./photos ×2, classic-y (") for title in titles)
    assert {group.protocol for group in content.groups} == {"classic-y"}


def test_an_image_larger_than_webp_holds_is_cropped(tmp_path):
    wide = np.random.default_rng(0).integers(0, 255, (3, 8, 16_500), dtype=np.uint8)
    write_image(tmp_path / "wide" / "wide.png", wide)
    srbench.run(
        "nearest", datasets=str(tmp_path / "wide"), scale=2, metrics="psnr", output=tmp_path / "run", save_images=True
    )
    written = write_page([tmp_path / "run"], tmp_path / "r.html")
    assert (written.images, written.cropped, written.problems) == (1, 1, ())


def test_a_page_that_cannot_be_as_small_says_so(saved_run):
    pictures = collect_pictures(gather(open_runs([saved_run])).groups, MOST_IMAGES, Budget(10_000))
    assert "pictures take 0 MB, more than the 0 MB they should" in pictures.problems[-1]


def test_of_many_images_those_that_separate_the_methods_are_shown(saved_run, monkeypatch):
    monkeypatch.setattr("srbench.report.page.MOST_IMAGES", 3)
    content = gather(open_runs([saved_run]))
    page = render(content, collect_pictures(content.groups, 3), "few")
    assert "3 of each; 8 are not" in page
    spreads = [row.spread for row in content.groups[0].images]
    assert list(data_of(page)["groups"][0]["images"]) == [row.image for row in content.groups[0].images[:3]]
    assert spreads == sorted(spreads, reverse=True)


def test_images_that_were_saved_but_cannot_be_shown_are_not_asked_for_again(cli, saved_run, tmp_path):
    shutil.copytree(saved_run, tmp_path / "run")
    (place,) = (tmp_path / "run" / "images").iterdir()
    shutil.rmtree(place / "classic-y" / "HR")
    done = cli("report", "run", "-o", "r.html")
    assert "none of the saved images can be shown" in done.out
    assert "HR/image-0.png" in done.err
    assert "None of the saved images can be shown" in (tmp_path / "r.html").read_text(encoding="utf-8")
