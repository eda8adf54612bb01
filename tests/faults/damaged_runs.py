"""Damage of run folders, by name: each a function that plants it in a folder."""

from __future__ import annotations

import json
import os
import re
import shutil

import numpy as np
from planted import row

from srbench.files import read_image, write_image
from srbench.runs.record import _CHECK, _checksum

FIRST = "images/photos-x2/classic-y/bicubic/one.png"
"""A saved image."""


def text(change):
    """Change the text of run.json."""

    def plant(folder):
        path = folder / "run.json"
        path.write_bytes(change(path.read_bytes()))

    return plant


def value(*keys, to):
    """Give a key of run.json another value."""

    def plant(folder):
        described = json.loads((folder / "run.json").read_text())
        at = described
        for key in keys[:-1]:
            at = at[key]
        at[keys[-1]] = to
        (folder / "run.json").write_text(json.dumps(described))

    return plant


def lines(change):
    """Change the list of lines of records.jsonl, each with its line feed."""

    def plant(folder):
        path = folder / "records.jsonl"
        path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))

    return plant


def first(change):
    """Change the first line's text and keep its checksum."""
    return lines(lambda all_lines: [change(all_lines[0]), *all_lines[1:]])


def forged(**fields):
    """Change fields of the first record, and give it the checksum of its new text."""

    def change(line):
        record = json.loads(line)
        del record["check"]
        plain = json.dumps(record | fields)
        return f'{plain[:-1]}{_CHECK}{_checksum(plain)}"}}\n'.encode()

    return first(change)


def instead(name, make):
    """Put something else in the place of a file."""

    def plant(folder):
        (folder / name).unlink()
        make(folder / name)

    return plant


def loop(path):
    path.symlink_to(path.name)


DESCRIPTION = [
    row("cut", text(lambda old: old[:300]), 1, r"run\.json: damaged or unreadable \(JSONDecodeError"),
    row("empty", text(lambda _: b""), 1, r"run\.json: damaged or unreadable \(JSONDecodeError"),
    row("nested", text(lambda _: b"[" * 100_000), 1, r"run\.json: damaged or unreadable \(RecursionError"),
    row(
        "huge_number", text(lambda old: old.replace(b": 3,", b": " + b"9" * 5000 + b",", 1)), 1, "damaged or unreadable"
    ),
    row("schema_99", value("schema", to=99), 1, "schema 99, this srbench reads up to 4; update srbench$"),
    row("schema_of_a_half", value("schema", to=2.5), 1, r"schema 2\.5, this srbench reads up to 4"),
    row("schema_in_a_list", value("schema", to=[3]), 1, r"schema \[3\], this srbench reads"),
    row("nan", text(lambda old: re.sub(rb'"threads": \d+', b'"threads": NaN', old)), 1, "environment.threads: Input"),
    row("not_utf_8", text(lambda old: b"\xff\xfe" + old), 1, r"run\.json: damaged or unreadable \('utf-8' codec"),
    row("byte_order_mark", text(lambda old: b"\xef\xbb\xbf" + old), 1, "Unexpected UTF-8 BOM"),
    row("a_list", text(lambda _: b"[]"), 1, r"run\.json: damaged or unreadable \(TypeError"),
    row("a_page", text(lambda _: b"<!doctype html>"), 1, r"run\.json: damaged or unreadable \(JSONDecodeError"),
    row("surrogate", value("environment", "system", to="\ud800"), 1, "surrogates not allowed"),
    row("another_key", value("more", to=1), 1, r"damaged \(more: Extra inputs are not permitted\); delete"),
    row("no_datasets", value("datasets", to={}), 1, r"damaged \(datasets of the plan are not described: ./photos\)"),
    row("no_protocols", value("protocols", to={}), 1, "protocols of the plan are not described: classic-y"),
    row("no_metrics", value("metrics", to={}), 1, "metrics of the plan are not described: psnr, ssim"),
    row("no_methods", value("methods", to={}), 1, "methods of the plan are not described: bicubic, srcnn"),
    row("no_bases", value("bases", to={}), 1, "bases lacks bicubic ×2 under classic-y"),
    row("no_plan_of_methods", value("plan", "methods", to=[]), 1, "plan.methods: Tuple should have at least 1 item"),
    row("no_plan_of_scales", value("plan", "scales", to=[]), 1, "plan.scales: Tuple should have at least 1 item"),
    row("a_method_twice", value("plan", "methods", to=["srcnn", "srcnn"]), 1, "plan.methods: .*srcnn is there twice"),
    row(
        "an_image_twice", value("datasets", "./photos", "images", to=["one", "one", "two", "three"]), 1, "are not those"
    ),
    row("an_image_less", value("datasets", "./photos", "images", to=["one", "two"]), 1, "files at ×2 are not those"),
    row(
        "an_image_outside", value("datasets", "./photos", "images", to=["../../x", "two", "three"]), 1, "are not those"
    ),
    row("no_rules", value("protocols", "classic-y", "rules", to={}), 1, "rules lack degradation, grey"),
    row(
        "decimals_below_0",
        value("metrics", "psnr", "decimals", to=-1),
        1,
        r"metrics\.psnr\.decimals: .* than or equal to 0",
    ),
    row("many_decimals", value("metrics", "psnr", "decimals", to=10**30), 1, r"metrics\.psnr\.decimals: .* equal to 9"),
    row("a_trial_cut", value("trials", to=[{"method": "x"}]), 1, r"damaged \(trials\.0\."),
    row(
        "is_a_folder",
        instead("run.json", lambda path: path.mkdir()),
        1,
        "run.json: damaged or unreadable .not a regular",
    ),
    row("is_a_pipe", instead("run.json", os.mkfifo), 1, r"run\.json: damaged or unreadable \(not a regular file\)"),
    row(
        "is_a_loop", instead("run.json", loop), 1, "run.json: damaged or unreadable .Too many levels of symbolic links"
    ),
    row(
        "is_gone", instead("run.json", lambda _: None), 2, r"run: holds no srbench run \(no run\.json\); name a folder"
    ),
    row("folder_is_gone", shutil.rmtree, 2, "run: no such folder; name a folder that srbench run has written$"),
]

ALTERED = "line 1: was altered after it was written: its checksum differs; left out, run the same command again"
RECORDS = [
    row("a_score_changed", first(lambda old: old.replace(b'"psnr": ', b'"psnr": 1')), 0, ALTERED),
    row("a_score_nan", first(lambda old: re.sub(rb'"psnr": [\d.]+', b'"psnr": NaN', old)), 0, ALTERED),
    row("a_score_infinite", first(lambda old: re.sub(rb'"psnr": [\d.]+', b'"psnr": Infinity', old)), 0, ALTERED),
    row("a_score_null", first(lambda old: re.sub(rb'"psnr": [\d.]+', b'"psnr": null', old)), 0, ALTERED),
    row("a_score_of_text", first(lambda old: re.sub(rb'"psnr": ([\d.]+)', rb'"psnr": "\1"', old)), 0, ALTERED),
    row("an_image_of_another", first(lambda old: old.replace(b'"image": "one"', b'"image": "two"')), 0, ALTERED),
    row("a_number_for_an_image", first(lambda old: old.replace(b'"image": "one"', b'"image": 1')), 0, ALTERED),
    row("a_warning_taken_away", first(lambda old: old.replace(b'"warnings": [', b'"warnings":[')), 0, ALTERED),
    row("line_feeds_of_windows", first(lambda old: old.replace(b"\n", b"\r\n")), 0, ALTERED),
    row("byte_order_mark", first(lambda old: b"\xef\xbb\xbf" + old), 0, ALTERED),
    row("two_lines_in_one", first(lambda old: old.replace(b"\n", b" ")), 0, ALTERED),
    row(
        "no_checksum",
        first(lambda old: re.sub(rb', "check": "\w+"', b"", old)),
        0,
        "line 1: .* its checksum is missing",
    ),
    row("half_a_line", first(lambda old: old[:50] + b"\n"), 0, "line 1: not a record: .*JSONDecodeError"),
    row("not_utf_8", first(lambda old: b"\xff" + old), 0, "line 1: 'utf-8' codec can't decode byte 0xff"),
    row("nested", first(lambda _: b"[" * 100_000 + b"\n"), 0, "line 1: not a record: .*RecursionError"),
    row("binary", lines(lambda _: [b"\x89PNG\0\n"]), 0, "line 1: 'utf-8' codec .*\n.*unfinished: 0 of 6 records"),
    row(
        "a_list_of_records",
        lines(lambda old: [b"[" + b",".join(old).replace(b"\n", b"") + b"]\n"]),
        0,
        "line 1: .*altered",
    ),
    row("a_forged_number", forged(scores={"psnr": "30"}), 0, r"line 1: not a record: scores\.psnr is '30'"),
    row("a_forged_scale", forged(scale=None), 0, "line 1: not a record: key.scale is None: Input should be"),
    row(
        "a_forged_method", forged(method=7), 0, "line 1: not a record: key.method is 7: Input should be a valid string"
    ),
    row("a_forged_status", forged(status="fine"), 0, "line 1: not a record: status is 'fine'"),
    row("a_forged_surrogate", forged(precision="\ud800"), 0, "line 1: not a record: .*surrogates not allowed"),
    row("of_another_run", forged(fingerprint="x.y-z"), 0, "unfinished: 5 of 6 records; run the same command again"),
    row("of_another_method", forged(method="nearest"), 0, "unfinished: 5 of 6 records; run the same command again"),
    row("an_empty_line", lines(lambda old: [b"\n", *old]), 0, "line 1: not a record: ''"),
    row("empty_file", lines(lambda _: []), 0, "unfinished: 0 of 6 records; run the same command again to complete it"),
    row("the_last_line_torn", lines(lambda old: [*old[:-1], old[-1][:-9]]), 0, "unfinished: 5 of 6 records"),
    row("in_another_order", lines(lambda old: old[::-1]), 0, ""),
    row("every_line_twice", lines(lambda old: old + old), 0, ""),
    row("gone", instead("records.jsonl", lambda _: None), 0, "unfinished: 0 of 6 records; run the same command again"),
]
"""What the same command mends, each with the line of a leaderboard before."""

UNREADABLE = [
    row(
        "a_folder",
        instead("records.jsonl", lambda path: path.mkdir()),
        1,
        "records.jsonl: cannot be read .not a regular",
    ),
    row("a_pipe", instead("records.jsonl", os.mkfifo), 1, "records.jsonl: cannot be read .not a regular file.; check"),
    row(
        "a_loop", instead("records.jsonl", loop), 1, "records.jsonl: cannot be read .Too many levels of symbolic links"
    ),
]

IMAGES = [
    row("deleted", lambda folder: (folder / FIRST).unlink(), 0, "bicubic/one.png: no such image file"),
    row("all_deleted", lambda folder: shutil.rmtree(folder / "images"), 0, "bicubic/one.png: no such image file"),
    row(
        "altered",
        lambda folder: write_image(folder / FIRST, 255 - read_image(folder / FIRST)),
        0,
        "not the image that was",
    ),
    row(
        "of_another_size",
        lambda folder: write_image(folder / FIRST, np.zeros((3, 9, 9), np.uint8)),
        0,
        "not the image that",
    ),
    row("cut", lambda folder: os.truncate(folder / FIRST, 200), 0, "bicubic/one.png: damaged or unreadable image"),
    row("empty", lambda folder: os.truncate(folder / FIRST, 0), 0, "bicubic/one.png: empty file"),
    row(
        "of_another_method",
        lambda f: shutil.copy(f / FIRST.replace("bicubic", "srcnn"), f / FIRST),
        0,
        "not the image that",
    ),
]
