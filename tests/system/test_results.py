"""The published leaderboard is of the cards as they are: a rule, a weight file or a dataset cannot change behind it."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from srbench.cards import installed_cards
from srbench.methods import find_method

RESULTS = Path(__file__).resolve().parent.parent.parent / "results"
TABLE = pd.read_csv(RESULTS / "leaderboard.csv", keep_default_na=False)


def test_hashes_are_those_of_the_cards():
    for row in TABLE.to_dict("records"):
        assert row["protocol_hash"] == installed_cards().protocol(row["protocol"]).card.hash
        method = find_method(row["method"], installed_cards())
        assert row["weights_sha256"] == method.identity(row["scale"]).get("weights", "")


def test_every_row_is_complete():
    assert (TABLE[["failed", "missing"]] == 0).all().all()
    assert set(TABLE["dataset"]) == {"bundled", "set5", "set14"}
    for dataset, rows in TABLE.groupby("dataset"):
        assert set(rows["images"]) == {installed_cards().dataset(dataset).card.count}
    for name, entry in installed_cards().methods.items():
        if entry.card.variants:
            continue  # files of others
        scales = (2, 3, 4) if entry.card.scales == "any" else entry.card.scales
        for scale in scales:
            if find_method(name, installed_cards()).ready(scale):
                rows = TABLE[(TABLE["method"] == name) & (TABLE["scale"] == scale)]
                assert set(rows["dataset"]) == {"bundled", "set5", "set14"}


def test_every_method_has_a_picture():
    readme = (RESULTS.parent / "README.md").read_text(encoding="utf-8")
    drawn = re.findall(r"srbench show coffee --methods (\S+) --scale (\d) -o (results/pictures/\S+)", readme)
    assert {name for names, _, _ in drawn for name in names.split(",")} == set(TABLE["method"])
    for names, scale, file in drawn:
        assert set(names.split(",")) <= set(TABLE[TABLE["scale"] == int(scale)]["method"])
        assert (RESULTS.parent / file).stat().st_size > 100_000


def test_the_bundled_rows_are_what_srbench_computes_now():
    import srbench

    rows = TABLE[(TABLE["dataset"] == "bundled") & (TABLE["scale"] == 4)].set_index("method")
    now = srbench.run(["bicubic", "edsr"], datasets="bundled", scale=4).leaderboard.set_index("method")
    assert set(now["dataset_sha256"]) == set(rows["dataset_sha256"])
    for method in ("bicubic", "edsr"):
        # edsr's last digits may move with torch's convolutions, bicubic's with nothing.
        tolerance = {"bicubic": 1e-6, "edsr": 1e-3}[method]
        for metric in ("psnr", "ssim", "ms_ssim", "l1"):
            assert now.loc[method, metric] == pytest.approx(float(rows.loc[method, metric]), abs=tolerance)


def test_downstream_rows_are_whole_and_of_the_classifier_as_it_is():
    table = pd.read_csv(RESULTS / "downstream" / "leaderboard.csv")
    faces = table[table["dataset"] == "./held-back"]
    assert set(faces["scale"]) == {2, 4}
    assert set(faces["images"]) == {1000}
    name = "celeba-attributes"
    assert (faces[f"{name}:accuracy_low"] < faces[f"{name}:accuracy"]).all()
    assert (faces[f"{name}:accuracy"] < faces[f"{name}:accuracy_high"]).all()
    assert faces[f"{name}:retained"].to_numpy() == pytest.approx(
        (faces[f"{name}:accuracy"] / faces[f"{name}:hr_accuracy"]).to_numpy(), abs=2e-6
    )
    attributes = pd.read_csv(RESULTS / "downstream" / "attributes.csv")
    assert len(attributes) == 40 * len(faces)
    means = attributes.groupby(["method", "scale"])["accuracy"].mean()
    for row in faces.to_dict("records"):
        assert means[row["method"], row["scale"]] == pytest.approx(row[f"{name}:accuracy"], abs=2e-6)
    others = table[table["dataset"] != "./held-back"]
    assert set(others["dataset"]) == {"bundled", "set5", "set14"}
    assert others["squeezenet1_1:top1"].between(0, 1).all()


def test_squeezenets_bundled_rows_are_what_srbench_computes_now(benchmark_data):
    import srbench

    file = benchmark_data / "weights" / "squeezenet1_1" / "squeezenet1_1_caffe.safetensors"
    now = srbench.run(
        ["nearest", "edsr"], classifiers="squeezenet1_1", classifier_weights={"squeezenet1_1": file}, metrics="l1"
    ).leaderboard.set_index("method")
    table = pd.read_csv(RESULTS / "downstream" / "leaderboard.csv")
    rows = table[table["dataset"] == "bundled"].set_index("method")
    for method in ("nearest", "edsr"):
        for column in ("squeezenet1_1:top1", "squeezenet1_1:top5", "squeezenet1_1:kl"):
            assert now.loc[method, column] == pytest.approx(rows.loc[method, column], abs=5e-3)
