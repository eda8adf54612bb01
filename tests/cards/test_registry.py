"""Packs: found, left out when they are broken or clash, and installable by anyone."""

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


NEAREST = installed_cards().method("nearest").path.read_text()


@pytest.fixture
def pack(tmp_path):
    """A function that makes a pack of cards, given by name or as text."""

    def make(name, *cards, built_in=False):
        (tmp_path / name).mkdir()
        for number, card in enumerate(cards):
            text = card if "\n" in card else NEAREST.replace('name = "nearest"', f'name = "{card}"')
            (tmp_path / name / f"{number}.card.toml").write_text(text)
        return Pack(name, f"{name}-dist 1", tmp_path / name, built_in)

    return make


def test_a_name_of_two_packs_is_that_of_neither(pack):
    cards = Registry([pack("a", "same", "mine"), pack("b", "same", "other", "yours"), pack("c", "other", "theirs")])
    assert set(cards.methods) == {"mine", "yours", "theirs"}
    clash = r"method 'same' is claimed by two packs: a \(a-dist 1, 0\.card\.toml\) and b \(b-dist 1, 0\.card\.toml\)"
    with pytest.raises(CardError, match=f"^{clash}; none is used, uninstall one$"):
        cards.method("same")
    with pytest.raises(CardError, match="method 'other' is claimed by two packs: b .* and c "):
        cards.method("other")
    notes = [str(problem) for problem in cards.problems]
    assert len(notes) == 2
    assert notes[0].startswith("pack b (b-dist 1) is left out in part: method 'same' is claimed by two packs")
    assert notes[1].startswith("pack c (c-dist 1) is left out in part: method 'other' is claimed by two packs")


def test_a_name_of_three_packs(pack):
    cards = Registry([pack(name, "same", "twice") for name in "abc"])
    assert not cards.methods
    with pytest.raises(CardError, match="claimed by 3 packs: a .* and b .* and c "):
        cards.method("twice")
    assert [str(problem).count("(and 1 more of its cards)") for problem in cards.problems] == [1, 1]


@pytest.mark.parametrize("order", [1, -1])
def test_no_pack_replaces_a_built_in_card(pack, order):
    """Nor takes it away: psnr of every run would be gone with one pack."""
    ours = pack("ours", "same", built_in=True)
    cards = Registry([ours, pack("theirs", "same", "new")][::order])
    assert cards.method("same").pack == ours
    assert set(cards.methods) == {"same", "new"}
    (problem,) = cards.problems
    assert "method 'same' is claimed by two packs" in str(problem)
    assert "srbench's own is used" in str(problem)


BROKEN = {
    "field": '[method]\nname = "x"\nnam = "y"\n',
    "no toml": "[method]\nname = 'x'\nscales = [2\n",
    "two kinds": '[method]\nname = "x"\n[dataset]\nname = "d"\n',
    "digits": f'[method]\nname = "x"\nscales = {"9" * 5000}\n',
    "depth": f'[method]\nname = "x"\nscales = {"[" * 100_000}\n',
}


@pytest.mark.parametrize("card", BROKEN.values(), ids=BROKEN)
def test_a_pack_with_a_broken_card_is_left_out(pack, card):
    cards = Registry([pack("good", "mine"), pack("bad", card, "yours")])
    assert set(cards.methods) == {"mine"}
    assert [used.name for used in cards.packs] == ["good"]
    (problem,) = cards.problems
    assert str(problem).startswith("pack bad (bad-dist 1) is left out: ")
    assert "0.card.toml: " in str(problem)
    assert str(problem).endswith("repair the pack or uninstall it")
    assert "\n" not in str(problem)
    assert len(str(problem)) < 600
    for name in ("x", "yours", "yours:variant"):
        with pytest.raises(CardError, match=r"method '.*' is in pack bad \(bad-dist 1\), which is left out: .*card"):
            cards.method(name)
    with pytest.raises(UnknownNameError, match=r"unknown method 'z'; see: srbench list methods$"):
        cards.method("z")


def test_a_file_of_two_cards_brings_neither(pack):
    cards = Registry([pack("bad", BROKEN["two kinds"])])
    for find, name in ((cards.method, "x"), (cards.dataset, "d")):
        with pytest.raises(CardError, match=r"is in pack bad \(bad-dist 1\), which is left out"):
            find(name)


@pytest.mark.parametrize("card", ["[method]\nnam = 1\n", "no\ncard\n", '[method]\nname = 3\n"\xff', "\n"])
def test_a_name_that_cannot_be_read_may_be_any(pack, card):
    cards = Registry([pack("bad", card)])
    with pytest.raises(UnknownNameError, match=r"unknown dataset 'z'.*or is it in pack bad, which is left out\?$"):
        cards.dataset("z")


def test_a_pack_without_a_card_or_with_a_name_twice(pack, tmp_path):
    empty, twice = pack("empty"), pack("twice", "same", "same")
    texts = [str(problem) for problem in Registry([empty, twice]).problems]
    assert "pack empty (empty-dist 1) is left out: holds no card.toml" in texts[0]
    assert "method 'same' is the name of two cards, 0.card.toml and 1.card.toml" in texts[1]


@pytest.mark.parametrize("cards", [(BROKEN["field"],), (), ("same", "same")])
def test_a_broken_pack_of_srbench_is_an_error(pack, cards):
    """A broken installation must not go unnoticed."""
    with pytest.raises(CardError, match=r"pack ours \(ours-dist 1\): .*; reinstall srbench"):
        Registry([pack("ours", *cards, built_in=True), pack("theirs", "mine")])


def test_two_packs_of_srbench_with_one_name_are_an_error(pack):
    with pytest.raises(CardError, match="claimed by two packs: .*; reinstall srbench"):
        Registry([pack("one", "same", built_in=True), pack("two", "same", built_in=True)])


def test_srbenchs_own_packs_are_built_in():
    assert all(pack.built_in for pack in installed_cards().packs if pack.distribution.startswith("srbench "))
    assert not [problem for problem in installed_cards().problems if problem.distribution.startswith("srbench ")]


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


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("raise SystemExit('no licence')", "SystemExit: no licence"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        ("class Own(KeyboardInterrupt): pass\nraise Own('halt')", "Own: halt"),
        ("class Own(BaseException): pass\nraise Own('halt')", "Own: halt"),
        ("raise GeneratorExit", "GeneratorExit"),
        ("raise StopIteration", "StopIteration"),
        ("def f(:", "SyntaxError: "),
    ],
)
def test_whatever_a_module_raises_on_import_is_one_line(tmp_path, monkeypatch, statement, message):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "leaves.py").write_text(f"import os\nos.chdir({str(tmp_path / 'elsewhere')!r})\n{statement}\n")
    monkeypatch.syspath_prepend(tmp_path)
    here = Path.cwd()
    with pytest.raises(CardError, match="pack theirs: cannot load leaves:create") as caught:
        load_target("leaves:create", "theirs")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert Path.cwd() == here


def test_a_module_that_changes_the_working_directory(tmp_path, monkeypatch):
    (tmp_path / "moves.py").write_text(f"import os\nos.chdir({str(tmp_path)!r})\ncreate = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    here = Path.cwd()
    assert load_target("moves:create", "theirs") == 1
    assert Path.cwd() == here


def test_an_interrupt_by_the_user_stays_one(tmp_path, monkeypatch):
    (tmp_path / "slow_import.py").write_text("raise KeyboardInterrupt\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        load_target("slow_import:create", "theirs")


@pytest.fixture(scope="module")
def installed_pack(tmp_path_factory):
    """A third party's distribution, built and installed into a folder of its own, as pip does it."""
    site = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*command, "--target", str(site), str(FAKE_PACK)], check=True, capture_output=True)
    return site


def srbench(site, *arguments, cwd):
    command = [sys.executable, "-m", "srbench", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=with_site(site), cwd=cwd)


def with_site(site):
    """The environment, with one more folder to import from."""
    return os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH")]))}


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
    command = [sys.executable, "-c", ASK]
    environment = with_site(installed_pack)
    told = subprocess.run(command, input=asked, capture_output=True, text=True, env=environment, cwd=tmp_path)
    lines = told.stdout.splitlines()
    assert len(lines) == len(NOT_THERE), told.stderr
    for line, (_, message) in zip(lines, NOT_THERE, strict=True):
        assert message in line


def test_a_pack_that_claims_a_built_in_name_is_noted(installed_pack, tmp_path):
    card = installed_pack / "srbench_fake_pack" / "card.toml"
    original = card.read_text()
    card.write_text(original.replace("checkerboard-blur", "bicubic"))
    try:
        result = srbench(installed_pack, "run", "--methods", "bicubic", "--datasets", "ramps", cwd=tmp_path)
    finally:
        card.write_text(original)
    assert result.returncode == 0
    (note,) = [line for line in result.stderr.splitlines() if "pack" in line]
    assert note.startswith(
        "note: pack fake (srbench-fake-pack 1.0) is left out in part: method 'bicubic' is claimed by"
    )
    assert "srbench's own is used" in note


def distribution(site, name, *points, **files):
    """An installed distribution of these entry points, as pip leaves it, and files by path."""
    folder = site / f"{name}-1.0.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text("\n".join(points) + "\n")
    for path, text in files.items():
        file = site / path.replace("__", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


SPOILT = {
    "absent": ("no_such_package", "", "no_such_package is not a package folder"),
    "parent": ("spoilt_parent.pack", "raise RuntimeError('an\\nother')", ": RuntimeError: an other"),
    "syntax": ("spoilt_syntax.pack", "def f(:", ": SyntaxError: "),
    "exits": ("spoilt_exits.pack", "raise SystemExit(7)", ": SystemExit: 7"),
    "own": ("spoilt_own.pack", "class Own(KeyboardInterrupt): pass\nraise Own", ": Own;"),
    "moves": ("spoilt_moves.pack", "import os; os.chdir('/'); raise ValueError('gone')", ": ValueError: gone"),
    "relative": (".relative", "", "cannot import .relative"),
}


@pytest.fixture(scope="module")
def spoilt_site(tmp_path_factory):
    """Seven distributions whose packs cannot be imported, one with a broken card, and a sound one."""
    site = tmp_path_factory.mktemp("spoilt")
    for name, (package, init, _) in SPOILT.items():
        distribution(site, name, "[srbench.packs]", f"{name} = {package}")
        if init:
            (site / package.partition(".")[0] / "pack").mkdir(parents=True)
            (site / package.partition(".")[0] / "__init__.py").write_text(init)
    for name, card in (("cards", BROKEN["field"]), ("sound", NEAREST.replace('"nearest"', '"sound"'))):
        distribution(site, name, "[srbench.packs]", f"{name} = {name}_pack")
        (site / f"{name}_pack").mkdir()
        (site / f"{name}_pack" / "__init__.py").write_text("")
        (site / f"{name}_pack" / "card.toml").write_text(card)
    return site


def test_packs_that_cannot_be_used_disable_no_command(spoilt_site, photos):
    folder = photos.parent
    done = srbench(spoilt_site, "run", "--methods", "sound", "--datasets", "./photos", "--output", "run", cwd=folder)
    assert done.returncode == 0, done.stderr
    notes = [line for line in done.stderr.splitlines() if line.startswith("note: pack")]
    assert len(notes) == len(SPOILT) + 1
    for name, (_, _, reason) in SPOILT.items():
        (note,) = [line for line in notes if line.startswith(f"note: pack {name} ({name} 1.0) is left out: ")]
        assert reason in note
        assert note.endswith("repair the pack or uninstall it")
    assert sum("pack cards (cards 1.0) is left out" in note for note in notes) == 1
    assert "run.json" in {path.name for path in (folder / "run").iterdir()}  # not in / or elsewhere


def test_packs_that_are_left_out_are_listed_and_named(spoilt_site, tmp_path):
    listed = srbench(spoilt_site, "list", "packs", "--json", cwd=tmp_path)
    states = {row["name"]: row["state"] for row in json.loads(listed.stdout)}
    assert states["sound"] == states["models"] == "ready"
    assert all(states[name].startswith("left out: ") and SPOILT[name][2] in states[name] for name in SPOILT)
    assert listed.stderr.count("note: pack ") == len(SPOILT) + 1
    asked = srbench(spoilt_site, "run", "--methods", "x", cwd=tmp_path)
    assert asked.returncode == 2
    assert asked.stderr.splitlines()[-1].startswith("error: method 'x' is in pack cards (cards 1.0), which is left out")
    unknown = srbench(spoilt_site, "run", "--methods", "unheard-of", cwd=tmp_path)
    assert unknown.stderr.splitlines()[-1].startswith("error: unknown method 'unheard-of'")
    assert "or is it in pack absent or exits or " in unknown.stderr


def test_what_reads_no_cards_says_nothing_of_packs(spoilt_site, tmp_path):
    helped = srbench(spoilt_site, "--help", cwd=tmp_path)
    assert (helped.returncode, helped.stderr) == (0, "")


def test_a_dataset_of_a_broken_reader_is_listed_with_its_error(tmp_path):
    dataset = (FAKE_PACK / "srbench_fake_pack" / "ramps.card.toml").read_text()
    site = tmp_path / "site"
    distribution(site, "reads", "[srbench.packs]", "reads = reads_pack")
    (site / "reads_pack").mkdir()
    (site / "reads_pack" / "__init__.py").write_text("def wrong(folder):\n    raise LookupError('nothing here')\n")
    for name, target in (("wrong", "reads_pack:wrong"), ("absent", "reads_pack:absent")):
        card = dataset.replace('name = "ramps"', f'name = "{name}"')
        card = "\n".join(f'reader = "{target}"' if line.startswith("reader") else line for line in card.splitlines())
        (site / "reads_pack" / f"{name}.card.toml").write_text(card)
    listed = srbench(site, "list", "datasets", "--json", cwd=tmp_path)
    assert listed.returncode == 0, listed.stderr
    states = {row["name"]: row["state"] for row in json.loads(listed.stdout)}
    assert states["wrong"] == "wrong: its reader raised LookupError: nothing here"
    assert "cannot load reads_pack:absent" in states["absent"]
    assert states["bundled"] == "ready"


@pytest.mark.parametrize(
    ("points", "verb", "message"),
    [
        (["fly = no_such_module:fly"], "fly", "error: verb 'fly': cannot load"),
        (["fly = sys:exit_now"], "fly", "error: verb 'fly': cannot load"),
        (["fly = leaving:fly"], "fly", "error: verb 'fly': cannot load leaving:fly (SystemExit: 5)"),
        (["fly = json:dumps", "[srbench.packs]"], "list", ""),
    ],
)
def test_verbs_that_cannot_be_loaded(tmp_path, points, verb, message):
    distribution(tmp_path, "wings", "[srbench.verbs]", *points)
    (tmp_path / "leaving.py").write_text("raise SystemExit(5)\n")
    result = srbench(tmp_path, verb, *(["methods"] if verb == "list" else []), cwd=tmp_path)
    assert result.returncode == (0 if verb == "list" else 2)
    assert result.stderr.count("\n") == bool(message)
    assert message in result.stderr
    helped = srbench(tmp_path, "--help", cwd=tmp_path)
    assert helped.returncode == 0
    assert "train" in helped.stdout


def test_verbs_that_clash(tmp_path):
    """srbench's own goes before; of two others' neither is called."""
    distribution(tmp_path, "wings", "[srbench.verbs]", "list = json:dumps", "fly = json:dumps", "train = json:dumps")
    distribution(tmp_path, "feathers", "[srbench.verbs]", "fly = json:loads")
    listed = srbench(tmp_path, "list", "wrappers", cwd=tmp_path)
    assert listed.returncode == 0
    assert "+ensemble" in listed.stdout
    assert listed.stderr.startswith("note: verb 'list' of json:dumps is left out: srbench has a verb of that name")
    assert "note: verb 'train' of json:dumps is left out" in listed.stderr
    assert listed.stderr.count("\n") == 2
    assert "recipe" in srbench(tmp_path, "train", "--help", cwd=tmp_path).stdout
    flown = srbench(tmp_path, "fly", cwd=tmp_path)
    assert flown.returncode == 2
    assert "error: verb 'fly' is claimed by json:" in flown.stderr
