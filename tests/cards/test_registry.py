"""Packs: found, refused when they clash, and installable by anyone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from srbench.cards import Registry, installed_cards, load_target
from srbench.cards.packs import Pack
from srbench.errors import CardError, UnknownNameError, suggest

FAKE_PACK = Path(__file__).parent / "fake_pack"


def test_built_in_cards_come_through_the_same_door():
    assert {pack.name for pack in installed_cards().packs} >= {
        "protocols",
        "metrics",
        "baselines",
        "models",
        "datasets",
    }
    assert {"nearest", "bilinear", "bicubic", "lanczos", "opencv-cubic", "pillow-bicubic", "edsr"} <= set(
        installed_cards().methods
    )
    assert {"bundled", "set5", "set14", "b100", "urban100", "div2k", "celeba"} <= set(installed_cards().datasets)


def test_did_you_mean():
    with pytest.raises(UnknownNameError, match=r"unknown method 'bicubik', did you mean bicubic.*srbench list methods"):
        installed_cards().method("bicubik")
    with pytest.raises(UnknownNameError, match="unknown dataset 'Set5', did you mean set5"):
        installed_cards().dataset("Set5")
    with pytest.raises(UnknownNameError, match="unknown protocol 'zzz'; see"):
        installed_cards().protocol("zzz")
    assert suggest("zzz", ["psnr"]) == ""


def test_duplicates_name_both_owners(tmp_path):
    card = next(entry.path for name, entry in installed_cards().methods.items() if name == "nearest").read_text()
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.card.toml").write_text(card)
    packs = [Pack(name, f"{name}-dist 1", tmp_path / name) for name in ("a", "b")]
    assert set(Registry(packs[:1]).methods) == {"nearest"}
    with pytest.raises(CardError, match=r"method 'nearest' is claimed by two packs: a \(a-dist 1.*b \(b-dist 1"):
        Registry(packs)


def test_a_pack_without_a_card_or_with_a_broken_one_is_named(tmp_path):
    with pytest.raises(CardError, match=r"pack a \(a-dist 1\): holds no card\.toml"):
        Registry([Pack("a", "a-dist 1", tmp_path)])
    (tmp_path / "card.toml").write_text('[method]\nnam = "x"\n')
    with pytest.raises(
        CardError, match=r"pack a \(a-dist 1\): .*name: Field required; .*nam: Extra inputs.*uninstall it"
    ):
        Registry([Pack("a", "a-dist 1", tmp_path)])


def test_targets_that_cannot_be_loaded_name_the_pack():
    for target in ("no_such_module:x", "srbench.api:no_such_name"):
        with pytest.raises(CardError, match=f"pack theirs: cannot load {target}"):
            load_target(target, "theirs")


def test_a_pack_that_raises_on_import_is_named(tmp_path, monkeypatch):
    """A torchvision built for another torch raises RuntimeError, not ImportError."""
    (tmp_path / "raises_on_import.py").write_text("raise RuntimeError('operator\\nmissing')\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(CardError, match="pack theirs: cannot load .*RuntimeError: operator missing"):
        load_target("raises_on_import:create", "theirs")


@pytest.fixture(scope="module")
def installed_pack(tmp_path_factory):
    """A third party's distribution, built and installed into a folder of its own, as pip does it."""
    site = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*command, "--target", str(site), str(FAKE_PACK)], check=True, capture_output=True)
    return site


def srbench(site, *arguments, cwd):
    environment = os.environ | {"PYTHONPATH": str(site)}
    command = [sys.executable, "-m", "srbench", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=cwd)


def test_an_installed_pack_brings_a_card_of_each_kind(installed_pack, tmp_path):
    """All in one run: a method, one with variants, a dataset, a protocol, metrics and a classifier."""
    listed = srbench(installed_pack, "list", "metrics", cwd=tmp_path)
    assert "median_error" in listed.stdout
    assert "srbench-fake-pack 1.0" in listed.stdout
    (tmp_path / "five").write_text("5")
    words = ["run", "--methods", "nearest,checkerboard-blur,shifted:3,shifted:five+twice", "--scale", "4"]
    words += ["--datasets", "ramps", "--protocol", "wide-crop", "--classifier", "brightness", "--output", "run"]
    result = srbench(installed_pack, *words, "--metrics", "median_error,offset,psnr", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    table = pd.read_csv(tmp_path / "run" / "leaderboard.csv").set_index("method")
    assert set(table.index) == {"nearest", "checkerboard-blur", "shifted:3", "shifted:five+twice"}
    assert table["offset"]["shifted:3"] - table["offset"]["nearest"] == pytest.approx(3, abs=0.2)
    assert table["offset"]["shifted:five+twice"] - table["offset"]["nearest"] == pytest.approx(10, abs=0.5)
    assert table["median_error"].between(0, 30).all()
    assert table["brightness:top1"].notna().all()
    assert "MEDIAN-ERROR ↓" in result.stdout
    # A table needs no code of the metric's: unit, direction and decimals are in run.json.
    elsewhere = srbench(tmp_path, "leaderboard", "run", "--sort", "median_error", cwd=tmp_path)
    assert elsewhere.returncode == 0, elsewhere.stderr
    assert "MEDIAN-ERROR ↓" in elsewhere.stdout
    (tmp_path / "five").write_text("6")
    again = srbench(installed_pack, *words, "--metrics", "median_error,offset,psnr", cwd=tmp_path)
    assert "6 of 8 records were finished before" in again.stderr  # the variant's file decides two


NOT_THERE = [
    ({"methods": "shifted"}, "write shifted:X, where X is a number of 8-bit levels"),
    ({"methods": "shifted@3"}, "write shifted:X, where X is a number of 8-bit levels"),
    ({"methods": "shifted:3+ensembel"}, "no wrapper 'ensembel', did you mean ensemble"),
    ({"methods": "shifted:."}, "shifted:.: is a folder"),
    ({"methods": "shifted:a@b", "weights": "five"}, "unclear which method has these weights"),
    ({"methods": "nearest:3"}, "method nearest has no variants"),
    ({"methods": "nearest", "metrics": "median_eror"}, "did you mean median_error"),
    ({"methods": "nearest", "classifiers": "brightness:x"}, "classifier brightness has no variants"),
]
ASK = """
import json, sys, srbench
for options in json.load(sys.stdin):
    try:
        srbench.run(datasets="ramps", **options)
    except srbench.SRBenchError as error:
        print(type(error).__name__, error)
"""


def test_what_a_pack_does_not_have_is_said(installed_pack, tmp_path):
    asked = json.dumps([options for options, _ in NOT_THERE])
    environment = os.environ | {"PYTHONPATH": str(installed_pack)}
    command = [sys.executable, "-c", ASK]
    told = subprocess.run(command, input=asked, capture_output=True, text=True, env=environment, cwd=tmp_path)
    lines = told.stdout.splitlines()
    assert len(lines) == len(NOT_THERE), told.stderr
    for line, (_, message) in zip(lines, NOT_THERE, strict=True):
        assert message in line


def test_a_pack_that_claims_a_built_in_name_is_refused(installed_pack, tmp_path):
    card = installed_pack / "srbench_fake_pack" / "card.toml"
    original = card.read_text()
    card.write_text(original.replace("checkerboard-blur", "bicubic"))
    try:
        result = srbench(installed_pack, "list", "methods", cwd=tmp_path)
    finally:
        card.write_text(original)
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
    assert "claimed by two packs" in result.stderr
    assert "srbench-fake-pack 1.0" in result.stderr


def test_a_pack_that_is_no_package_is_named(tmp_path):
    (tmp_path / "broken-1.0.dist-info").mkdir()
    (tmp_path / "broken-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (tmp_path / "broken-1.0.dist-info" / "entry_points.txt").write_text("[srbench.packs]\nbroken = no_such_package\n")
    result = srbench(tmp_path, "list", "methods", cwd=tmp_path)
    assert result.returncode == 2
    assert "pack broken (broken 1.0): no_such_package is not a package" in result.stderr


@pytest.mark.parametrize(
    ("verb", "message"),
    [
        ("run = json:dumps", "verb 'run' is claimed by srbench itself"),
        ("fly = no_such_module:fly", "verb 'fly': cannot load"),
    ],
)
def test_verbs_that_clash_or_cannot_be_loaded(tmp_path, verb, message):
    (tmp_path / "wings-1.0.dist-info").mkdir()
    (tmp_path / "wings-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: wings\nVersion: 1.0\n")
    (tmp_path / "wings-1.0.dist-info" / "entry_points.txt").write_text(f"[srbench.verbs]\n{verb}\n")
    result = srbench(tmp_path, verb.split()[0], cwd=tmp_path)
    assert (result.returncode, result.stderr.count("\n")) == (2, 1)
    assert message in result.stderr
