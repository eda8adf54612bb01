"""Tables: what is ranked with what, how runs merge, and what people and programs are shown."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from helpers import description_of, run_with

from srbench.leaderboard import collected, records_frame, to_text
from srbench.leaderboard.notes import notes_of
from srbench.leaderboard.table import LEADING_COLUMNS, build_table
from srbench.leaderboard.text import to_csv, to_markdown
from srbench.runs import Record, RecordKey, current_records


def record(method, image, psnr, l1=1.0, protocol="p", **more):
    key = RecordKey(method, "d", 4, protocol, "made", image)
    return Record(key, "ok", f"f-{image}", f"hash-{protocol}", "0", {"psnr": psnr, "l1": l1}, **more)


def table_of(description, records):
    return build_table([run_with(description, records)])


def board_of(description, records):
    return collected([run_with(description, records)])


FULL = [record("a", "x", 20.0), record("a", "y", 30.0), record("b", "x", 26.0), record("b", "y", 25.0)]


def test_means_and_order():
    table = table_of(description_of(), FULL)
    assert tuple(table.columns[:9]) == LEADING_COLUMNS
    assert list(table["method"]) == ["b", "a"]
    assert list(table["psnr"]) == [25.5, 25.0]
    assert list(table["images"]) == [2, 2]
    assert table["ssim"].isna().all()


def test_records_in_any_order_give_the_same_table():
    assert table_of(description_of(), FULL[::-1]).equals(table_of(description_of(), FULL))


def test_lower_is_better_where_it_is():
    values = [record("a", i, 20.0, 5.0) for i in "xy"] + [record("b", i, 20.0, 3.0) for i in "xy"]
    assert list(table_of(description_of(metrics=("l1",)), values)["method"]) == ["b", "a"]


def test_protocols_are_never_ranked_together():
    values = [record(m, i, v, protocol=p) for m, v in (("a", 1.0), ("b", 9.0)) for p in ("p", "q") for i in "xy"]
    table = table_of(description_of(protocols=("p", "q")), values)
    assert list(zip(table["protocol"], table["method"], strict=True)) == [
        ("p", "b"),
        ("p", "a"),
        ("q", "b"),
        ("q", "a"),
    ]


def test_an_unfinished_run_says_so():
    table = table_of(description_of(), FULL[:3])
    assert table.set_index("method").loc["b", ["images", "missing"]].tolist() == [1, 1]
    assert list(table["method"]) == ["a", "b"]
    assert table.set_index("method")["psnr"].isna().to_dict() == {"a": False, "b": True}  # one image is not a's two
    assert notes_of(run_with(description_of(), FULL[:3]))[-1].startswith("unfinished: 3 of 4 records")
    assert "1/2" in to_text(board_of(description_of(), FULL[:3]))


def test_like_remarks_become_one_line():
    values = [record("a", i, 20.0, warnings=(f"shifted by {n}",)) for n, i in enumerate("xy")] + FULL[2:]
    first, few = notes_of(run_with(description_of(), values))
    assert first == "a ×4 on d/x, d/y: suspicious: shifted by 0 (the first of 2 different figures)"
    assert few == "d: too few images for a claim that one method is better than another (2 methods need 6)"


def test_methods_that_fail_alike_share_a_line():
    failed = [replace(record(m, "x", 0.0), status="failed", error="broken") for m in "ab"]
    assert notes_of(run_with(description_of(), [*failed, FULL[1], FULL[3]]))[0] == "a, b ×4 on d/x: failed: broken"


def test_a_row_without_figures_says_why():
    failed = replace(record("b", "y", 0.0), status="failed", error="broken")
    remark = "b ×4 on d under p: no figures, because its 1 scored images are not the 2 of the other rows"
    assert remark in notes_of(run_with(description_of(), [*FULL[:3], failed]))


def test_refused_cells_have_a_note_and_no_row():
    refused = [{"method": "b", "scale": 4, "protocol": "p", "reason": "no"}]
    assert list(table_of(description_of(refused=refused), FULL[:2])["method"]) == ["a"]
    assert notes_of(run_with(description_of(refused=refused), FULL[:2])) == ["not run: b ×4 under p: no"]


def test_merging_drops_equal_rows_and_keeps_different_ones():
    first = description_of(), FULL
    second = description_of(weights="w"), [record("a", "x", 40.0), record("a", "y", 40.0), *FULL[2:]]
    assert build_table([run_with(*first, "one"), run_with(*first, "two")]).equals(table_of(*first))
    merged = build_table([run_with(*first, "one"), run_with(*second, "two")])
    assert list(merged["method"]) == ["a (two)", "b (one)", "b (two)", "a (one)"]
    assert "_run" not in merged


def test_records_of_another_state_are_not_counted():
    stale = [replace(item, fingerprint="old-" + item.key.image) for item in FULL[:1]]
    other_file = [replace(item, fingerprint="f-old") for item in FULL[1:2]]
    assert list(current_records(description_of(), stale + other_file + FULL[2:])) == FULL[2:]


def test_text_fits_80_columns():
    run = description_of(methods=("a-method-of-22-letters", "b"), metrics=("psnr", "ssim", "ms_ssim", "l1"))
    values = []
    for item in FULL:
        name = {"a": "a-method-of-22-letters"}.get(item.key.method, "b")
        scores = {"psnr": 23.4, "ssim": 0.5, "ms_ssim": 0.6, "l1": 12.3}
        values.append(Record(item.key._replace(method=name), "ok", item.fingerprint, "h", "0", scores))
    text = to_text(board_of(run, values))
    assert max(len(line) for line in text.splitlines()) <= 80
    assert "d ×4, p (hash-p)" in text


def test_markdown_and_csv():
    board = replace(board_of(description_of(), FULL), notes=("mind the gap",))
    text = to_markdown(board)
    assert "## d ×4, p (hash-p)" in text
    assert "| b" in text
    assert "- mind the gap" in text
    assert "Written by srbench 1, methods run on cpu." in text
    assert to_csv(board.table).splitlines()[1].startswith("b,d,4,p,2,25.500000,,,1.000000,,,,0,0,made,hash-p,s,")


def of_ten_images(means):
    names = "abcdefghij"
    files = {"4": dict(zip(names, names, strict=True))}
    run = description_of(methods=tuple(means), datasets={"d": {"sha256": "s", "images": list(names), "files": files}})
    wobble = [0.3, -0.2, 0.1, 0.25, -0.15, 0.2, -0.3, 0.05, -0.1, -0.12]
    return run, [
        record(method, image, mean + part * (1 if method != "b" else -1))
        for method, mean in means.items()
        for image, part in zip(names, wobble, strict=True)
    ]


def test_methods_that_cannot_be_told_apart_share_a_letter():
    run, values = of_ten_images({"a": 30.0, "b": 30.02, "c": 20.0})
    table = table_of(run, values).set_index("method")
    assert table["rank_group"].to_dict() == {"b": "a", "a": "a", "c": "b"}
    assert ((table["psnr_low"] < table["psnr"]) & (table["psnr"] < table["psnr_high"])).all()
    board = board_of(run, values)
    text = to_text(board)
    assert text.splitlines()[1].split()[-1] == "group"
    assert "95 %" not in text
    assert "PSNR 95 %" in to_markdown(board)
    assert not any("too few" in remark for remark in notes_of(run_with(run, values)))


def test_an_image_without_a_value_in_one_row_is_left_out_of_all_and_named():
    run, values = of_ten_images({"a": 30.0, "b": 29.0})
    copy = replace(values[0], scores={"psnr": None, "l1": 0.0}, undefined={"psnr": "inf for this image"})
    table = table_of(run, [copy, *values[1:]]).set_index("method")
    wobble = [one.scores["psnr"] - 30 for one in values[:10]]
    assert table.loc["a", "psnr"] == pytest.approx(30 + np.mean(wobble[1:]))
    assert table.loc["b", "psnr"] == pytest.approx(29 - np.mean(wobble[1:]))
    assert set(table["rank_group"]) == {"a", "b"}
    notes = notes_of(run_with(run, [copy, *values[1:]]))
    assert any("is the mean of 9 of 10 images: a left out, without a value for a" in note for note in notes)


def test_a_row_without_most_values_leaves_nothing_out_of_the_others():
    run, values = of_ten_images({"a": 30.0, "b": 29.0})
    broken = [replace(one, scores={"psnr": None, "l1": 1.0}) for one in values[:6]]
    table = table_of(run, [*broken, *values[6:]]).set_index("method")
    assert np.isnan(table.loc["a", "psnr"])
    assert table.loc["b", "psnr"] == pytest.approx(np.mean([one.scores["psnr"] for one in values[10:]]))


def test_a_row_that_two_runs_hold_counts_once_in_the_tests():
    run, values = of_ten_images({"a": 30.0, "b": 20.0})
    once = table_of(run, values)
    assert once["rank_group"].tolist() == ["a", "b"]  # 2 of 1,024 for one pair
    assert build_table([run_with(run, values, str(label)) for label in range(4)]).equals(once)


def test_records_as_a_frame():
    frame = records_frame(FULL)
    assert list(frame.columns) == [*RecordKey._fields, "psnr", "l1", "status", "warnings", "error"]
    assert frame["psnr"].mean() == pytest.approx(25.25)
    assert list(records_frame([]).columns[:3]) == ["method", "dataset", "scale"]
    assert isinstance(frame, pd.DataFrame)
