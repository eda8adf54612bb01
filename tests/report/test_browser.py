"""The page in a real browser: sorting, filtering, the slider, zoom, pan, crops, error maps, keyboard; no network."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image as Pil

from srbench.files import read_image
from srbench.report import write_page
from srbench.report.pictures import Budget
from srbench.runs.reading import read_records


def column(page, table, index):
    return [row.inner_text().strip() for row in page.query_selector_all(f"{table} tbody tr > :nth-child({index})")]


def visible(page, selector):
    return [item.inner_text().strip() for item in page.query_selector_all(selector) if item.is_visible()]


def test_a_columns_name_sorts_by_it_and_again_the_other_way(opened):
    page, table = opened.page, "#group-0 table.leaderboard"
    assert column(page, table, 1) == ["lanczos", "bicubic", "nearest"]
    assert page.get_attribute(f"{table} th:nth-child(3)", "aria-sort") == "descending"
    page.click(f"{table} th:nth-child(3) button")
    assert column(page, table, 1) == ["nearest", "bicubic", "lanczos"]
    assert page.get_attribute(f"{table} th:nth-child(3)", "aria-sort") == "ascending"
    figures = [float(value) for value in column(page, table, 3)]
    assert figures == sorted(figures)
    page.click(f"{table} th:nth-child(1) button")
    assert column(page, table, 1) == ["bicubic", "lanczos", "nearest"]
    assert page.get_attribute(f"{table} th:nth-child(3)", "aria-sort") is None
    assert column(page, "#group-1 table.leaderboard", 1) == ["lanczos", "bicubic", "nearest"]  # not touched


def test_the_first_press_brings_the_best_to_the_top(opened):
    page, table = opened.page, "#group-0 table.leaderboard"
    names = [item.inner_text() for item in page.query_selector_all(f"{table} thead button")]
    for name, first in (("L1 ↓", min), ("SSIM ↑", max), ("ms", min), ("images/s", max)):
        index = names.index(name) + 1
        page.click(f"{table} thead th:nth-child({index}) button")
        figures = [float(value.replace(",", "").rstrip(" !")) for value in column(page, table, index)]
        assert figures[0] == first(figures)


def test_sorting_works_from_the_keyboard(opened):
    page = opened.page
    page.focus("#group-0 table.strips th:nth-child(2) button")
    page.keyboard.press("Enter")
    spreads = [float(value) for value in column(page, "#group-0 table.strips", 2)]
    assert spreads == sorted(spreads)
    assert len(spreads) == 7


def test_filters(opened):
    page = opened.page
    page.fill("#filter", "LANC, near")
    assert visible(page, "#group-0 table.leaderboard tbody th") == ["lanczos", "nearest"]
    assert page.inner_text("#filtered") == "4 of 6 rows"
    assert visible(page, "#group-1 .legend li") == ["lanczos", "nearest"]
    assert page.evaluate("document.querySelectorAll('#group-0 .chart .dimmed').length") == 1
    page.fill("#filter", "")
    assert len(visible(page, "table.leaderboard tbody th")) == 6
    assert page.inner_text("#filtered") == ""
    page.select_option("#section", "1")
    assert len(visible(page, "table.leaderboard tbody th")) == 3
    assert not page.is_visible("#group-0")


def test_what_lies_below_is_what_was_scored(opened, saved_run):
    page = opened.page
    records = read_records(saved_run)[0]
    scores = {(r.key.image, r.key.method): r.scores["psnr"] for r in records if r.key.protocol == "rgb"}
    page.select_option("#pick-group", "1")
    page.select_option("#pick-image", "image-3")
    page.select_option("#pick-left", "nearest")
    page.select_option("#pick-right", "HR")
    assert opened.drawn()[:3] == ["image-3", "nearest", "HR"]
    assert page.inner_text("#side-left") == f"nearest {scores['image-3', 'nearest']:.3f} dB"
    assert page.inner_text("#side-right") == "HR"
    assert page.inner_text("#said").startswith("image-3: nearest ")


def shot(page):
    """What the slider's place looks like, without the names on it."""
    page.add_style_tag(content=".side { visibility: hidden }")
    return np.asarray(Pil.open(io.BytesIO(page.locator("#stage").screenshot())).convert("RGB")).astype(int)


def test_the_divider_has_the_left_picture_on_its_left(opened, saved_run):
    page = opened.page
    page.select_option("#pick-image", "image-2")
    page.select_option("#pick-left", "nearest")
    page.select_option("#pick-right", "HR")
    page.click("#zoom-one")
    _, _, _, zoom, x, y = opened.drawn()
    assert zoom == "1.000"
    (place,) = (saved_run / "images").iterdir()
    nearest, hr = (
        read_image(place / "classic-y" / name / "image-2.png").transpose(1, 2, 0).astype(int)
        for name in ("nearest", "HR")
    )
    found = shot(page)
    height, width, _ = hr.shape
    middle_y, middle_x = found.shape[0] // 2, found.shape[1] // 2
    top, left = round(middle_y - float(y)), round(middle_x - float(x))

    def likeness(image, columns):
        """The least mean difference of some columns over shifts of a pixel, which borders and rounding bring."""
        shifts = [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
        seen = (found[top + dy : top + dy + height, left + dx : left + dx + width] for dy, dx in shifts)
        return min(np.abs(part[:, columns] - image[:, columns]).mean() for part in seen)

    on_the_left, on_the_right = slice(2, width // 2 - 32), slice(width // 2 + 32, width - 2)
    assert likeness(nearest, on_the_left) == 0
    assert likeness(hr, on_the_left) > 1
    assert likeness(hr, on_the_right) == 0
    assert likeness(nearest, on_the_right) > 1


def test_the_divider_moves_by_mouse_and_keyboard(opened):
    page = opened.page
    opened.drawn()
    page.locator("#stage").scroll_into_view_if_needed()
    box = page.locator("#stage").bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] - box["width"] / 4, middle[1], steps=4)
    page.mouse.up()
    value = page.evaluate("document.querySelector('img-comparison-slider').value")
    assert value == pytest.approx(25, abs=2)
    assert int(page.get_attribute("img-comparison-slider", "aria-valuenow")) == pytest.approx(25, abs=2)
    before = opened.drawn()
    page.keyboard.down("ArrowRight")
    page.wait_for_timeout(200)
    page.keyboard.up("ArrowRight")
    assert page.evaluate("document.querySelector('img-comparison-slider').value") > value + 1
    assert opened.drawn() == before  # the pictures stayed where they were


def test_zoom_and_pan_by_buttons_keys_mouse_and_wheel(opened):
    page = opened.page
    fitted = opened.drawn()
    page.click("#zoom-in")
    zoomed = opened.drawn()
    assert float(zoomed[3]) == pytest.approx(1.5 * float(fitted[3]), rel=1e-3)
    page.click("#zoom-in")
    page.click("#zoom-in")
    zoomed = opened.drawn()
    page.focus("img-comparison-slider")
    page.keyboard.press("Shift+ArrowRight")
    panned = opened.drawn()
    assert float(panned[4]) > float(zoomed[4])
    assert panned[5] == zoomed[5]
    value = page.evaluate("document.querySelector('img-comparison-slider').value")
    assert value == 50  # Shift keeps the divider where it is
    page.keyboard.press("-")
    assert float(opened.drawn()[3]) == pytest.approx(1.5**2 * float(fitted[3]), rel=1e-3)
    page.keyboard.press("1")
    assert opened.drawn()[3] == "1.000"
    page.keyboard.press("0")
    assert opened.drawn()[3:] == fitted[3:]
    for _ in range(3):
        page.keyboard.press("+")
    before = opened.drawn()
    box = page.locator("#stage").bounding_box()
    start = box["x"] + box["width"] / 4, box["y"] + box["height"] / 4
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(start[0] + 30, start[1] + 20, steps=3)
    page.mouse.up()
    dragged = opened.drawn()
    assert float(dragged[4]) == pytest.approx(float(before[4]) - 30 / float(before[3]), abs=0.2)
    assert float(dragged[5]) == pytest.approx(float(before[5]) - 20 / float(before[3]), abs=0.2)
    page.mouse.wheel(0, -100)
    assert float(opened.drawn()[3]) > float(dragged[3])


def test_the_page_scrolls_under_the_wheel_until_the_picture_is_clicked(opened):
    page = opened.page
    before = opened.drawn()
    page.locator("#stage").scroll_into_view_if_needed()
    box = page.locator("#stage").bounding_box()
    page.mouse.move(box["x"] + 50, box["y"] + 50)
    page.mouse.wheel(0, -100)
    assert opened.drawn() == before


def test_what_was_chosen_stays_for_the_next_image(opened):
    page = opened.page
    page.select_option("#pick-left", "HR")
    page.select_option("#pick-right", "bicubic")
    page.click("#next")
    assert opened.drawn()[1:3] == ["HR", "bicubic"]


def test_images_and_error_maps_by_key(opened):
    page = opened.page
    first = opened.drawn()[0]
    names = [option.inner_text() for option in page.query_selector_all("#pick-image option")]
    assert first == names[0]
    page.focus("img-comparison-slider")
    page.keyboard.press("n")
    assert opened.drawn()[0] == names[1]
    page.keyboard.press("p")
    page.keyboard.press("p")
    assert opened.drawn()[0] == names[-1]
    page.keyboard.press("e")
    opened.drawn()
    assert page.is_checked("#errors")
    assert "absolute differences from HR ×4" in page.inner_text("#said")


def test_an_error_map_is_the_difference_from_hr(opened, saved_run):
    page = opened.page
    page.select_option("#pick-image", "image-1")
    page.select_option("#pick-left", "nearest")
    page.check("#errors")
    page.select_option("#gain", "2")
    page.click("#zoom-one")
    opened.drawn()
    data = page.evaluate("document.querySelector('#crops figure:last-child canvas').toDataURL()")
    assert page.inner_text("#crops figure:last-child figcaption").startswith("nearest")
    crop = np.asarray(Pil.open(io.BytesIO(base64.b64decode(data.partition(",")[2]))).convert("RGB"))
    (place,) = (saved_run / "images").iterdir()
    sr, hr = (
        read_image(place / "classic-y" / name / "image-1.png").transpose(1, 2, 0).astype(int)
        for name in ("nearest", "HR")
    )
    expected = np.minimum(255, 2 * np.abs(sr - hr))
    # Enlarged by repeating: every colour of the crop is one of the map's, and there are many.
    shown = {tuple(colour) for colour in crop.reshape(-1, 3)}
    assert shown <= {tuple(colour) for colour in expected.reshape(-1, 3)}
    assert len(shown) > 100
    hr_map = page.evaluate("document.querySelector('#crops figure:first-child canvas').toDataURL()")
    black = np.asarray(Pil.open(io.BytesIO(base64.b64decode(hr_map.partition(",")[2]))).convert("RGB"))
    assert black.max() == 0


def test_crops_go_where_methods_differ_and_show_all_of_them(opened):
    page = opened.page
    fitted = opened.drawn()
    page.click("#spots button:first-child")
    crop = opened.drawn()
    assert float(crop[3]) > float(fitted[3])
    captions = [item.inner_text() for item in page.query_selector_all("#crops figcaption")]
    assert [caption.split()[0] for caption in captions] == ["HR", "lanczos", "bicubic", "nearest"]
    assert all(re.fullmatch(r"\w+ \d+\.\d{3} dB", caption) for caption in captions[1:])


def test_an_images_name_opens_it(opened):
    page = opened.page
    page.click("#group-1 table.strips button[data-image='image-4']")
    assert opened.drawn()[0] == "image-4"
    assert page.input_value("#pick-group") == "1"
    assert page.evaluate("document.activeElement.tagName") == "IMG-COMPARISON-SLIDER"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_both_themes_on_a_phone_and_a_desk(browser, page_file, settle, scheme, width):
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
    page = context.new_page()
    page.goto(page_file.as_uri())
    settle(page)
    # Only tables scroll sideways, inside their frames.
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    ink, paper = (
        [int(part) for part in re.findall(r"\d+", page.evaluate(f"getComputedStyle(document.body).{what}"))[:3]]
        for what in ("color", "backgroundColor")
    )
    assert (sum(ink) < sum(paper)) == (scheme == "light")
    darker, lighter = sorted(_luminance(colour) for colour in (ink, paper))
    assert (lighter + 0.05) / (darker + 0.05) > 7  # WCAG's AAA
    chart = page.evaluate("getComputedStyle(document.querySelector('.chart text')).fill")
    assert [int(part) for part in re.findall(r"\d+", chart)[:3]] == ink
    context.close()


def _luminance(colour):
    shares = np.array(colour) / 255
    linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def test_everything_that_can_be_used_has_a_name(opened):
    """What a screen reader is told: the browser's own tree of roles and names."""
    session = opened.page.context.new_cdp_session(opened.page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    used = ("button", "combobox", "checkbox", "searchbox", "link", "slider")
    nameless = [
        node
        for node in nodes
        if not node["ignored"] and node["role"]["value"] in used and not node.get("name", {}).get("value", "").strip()
    ]
    assert nameless == []
    assert {"slider", "searchbox", "checkbox", "table", "main", "heading"} <= {
        node["role"]["value"] for node in nodes if not node["ignored"]
    }


def test_printing_opens_what_is_folded(opened):
    page = opened.page
    assert page.evaluate("document.querySelectorAll('details:not([open])').length") > 0
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate("document.querySelectorAll('details:not([open])').length") == 0
    page.emulate_media(media="print")
    assert not page.is_visible("#filter")
    assert page.is_visible("#group-0 table.leaderboard")


@pytest.mark.parametrize("ratio", [1, 2])
def test_cropped_pictures_and_fine_screens(browser, saved_run, settle, tmp_path, ratio):
    """One pixel for one, also where only a part of the image is there: what is shown is that part of HR."""
    write_page([saved_run], tmp_path / "small.html", budget=Budget(100_000))
    context = browser.new_context(viewport={"width": 900, "height": 900}, device_scale_factor=ratio)
    page = context.new_page()
    page.goto((tmp_path / "small.html").as_uri())
    settle(page)
    page.select_option("#pick-image", "image-5")
    page.select_option("#pick-left", "HR")
    page.select_option("#pick-right", "HR")
    page.click("#zoom-one")
    settle(page)
    place = re.search(r"Shown are (\d+)×(\d+) pixels at (\d+), (\d+) of 80×70", page.inner_text("#said"))
    width, height, left, top = (int(part) for part in place.groups())
    expected = saved(saved_run, "HR", "image-5")[top : top + height, left : left + width]
    assert page.get_attribute("#stage", "data-drawn").split(" ")[3] == f"{1 / ratio:.3f}"
    data = page.evaluate("document.getElementById('left').toDataURL()")
    drawn = np.asarray(Pil.open(io.BytesIO(base64.b64decode(data.partition(",")[2]))))
    rows, columns = np.nonzero(drawn[..., 3])  # the rest of the canvas is clear
    assert (np.ptp(rows) + 1, np.ptp(columns) + 1) == (height, width)
    assert np.array_equal(drawn[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1, :3], expected)
    context.close()


def saved(run, method, image):
    (place,) = (run / "images").iterdir()
    return read_image(place / "classic-y" / method / f"{image}.png").transpose(1, 2, 0)
