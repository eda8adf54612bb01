"""Rules of challenges: scores worked by hand, gates, and refusals of whatever a run lacks."""

from __future__ import annotations

import json
import math

import pandas as pd
import pytest
from helpers import description_of

from srbench.api import MethodTiming, Summary
from srbench.cards import Registry, installed_cards
from srbench.cards.packs import Pack
from srbench.errors import CardError, RequestError, UnknownNameError
from srbench.harness.finished.rank import rank, ranking_text
from srbench.runs import Record, RecordKey

SPAN = {"runtime": 5.59, "macs": 9.83e9, "parameters": 151_000}
PERCEPTUAL = ("lpips", "dists", "pyiqa:clipiqa", "pyiqa:maniqa", "pyiqa:musiq", "niqe")


def timing(method, runtime, macs, parameters, size=(256, 256), batch=1, **more):
    """A timing of so many milliseconds."""
    seconds = Summary(runtime / 1e3, runtime / 1e3, runtime / 1e3, runtime / 1e3, runtime / 1e3, 7)
    return MethodTiming(
        **{
            "method": method, "scale": 4, "width": size[0], "height": size[1], "batch": batch, "precision": "fp32",
            "runtime": "eager", "seconds": seconds, "settled": True, "load_seconds": 0.1, "peak_process": 100.0,
            "peak_device": None, "parameters": parameters, "macs": macs,
        }
        | more
    )  # fmt: skip


GOOD = timing("a", 5.59, 9_830_000_000, 151_000)


def run_folder(folder, scores, *, dataset="div2k-lsdir", protocol="rgb", scale=4, timings=None, skip=(), failed=""):
    """A run folder of images x and y: `scores` are metrics by method, each a mean or the values of both images."""
    metrics = list(dict.fromkeys(name for values in scores.values() for name in values))
    described = description_of(methods=tuple(scores), protocols=(protocol,), metrics=metrics).model_dump(
        mode="json", by_alias=True
    )
    hashes = {name: entry.card.hash for name, entry in installed_cards().protocols.items()}
    described["protocols"][protocol]["hash"] = hashes[protocol]
    described["plan"] |= {"datasets": [dataset], "scales": [scale]}
    described["datasets"] = {dataset: described["datasets"]["d"]}
    if scale != 4:
        described["datasets"][dataset]["files"] = {str(scale): described["datasets"][dataset]["files"]["4"]}
        described["bases"] = {name: {str(scale): bases["4"]} for name, bases in described["bases"].items()}
    if timings:
        described["timings"] = {"conditions": {}, "items": [one.describe() for one in timings], "failed": []}
    lines = []
    for method, values in scores.items():
        for index, image in enumerate("xy"):
            of = {name: value if isinstance(value, float) else value[index] for name, value in values.items()}
            key = RecordKey(method, dataset, scale, protocol, "made", image)
            record = Record(key, "ok", f"f-{image}", hashes[protocol], "0", of)
            if (method, image) == (failed, "y"):
                record = Record(key, "failed", f"f-{image}", hashes[protocol], error="broken")
            lines += [] if (method, image) in skip else [record.to_json() + "\n"]
    folder.mkdir(exist_ok=True)
    (folder / "run.json").write_text(json.dumps(described), encoding="utf-8")
    (folder / "records.jsonl").write_text("".join(lines), encoding="utf-8")
    return folder


def changed(folder, **parts):
    """Replace parts of a run folder's `run.json`."""
    described = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    (folder / "run.json").write_text(json.dumps(described | parts), encoding="utf-8")
    return folder


@pytest.fixture
def esr(tmp_path):
    """`span` costs what the published SPAN does, `half` half of each, `low` is as `half` with a PSNR below the gate."""
    half = {name: value / 2 for name, value in SPAN.items()}
    scores = {"low": {"psnr": 26.8999}, "span": {"psnr": 26.94}, "half": {"psnr": (26.70, 27.10)}}
    costs = {"low": half, "span": SPAN, "half": half}
    timings = [timing(name, **{**found, "parameters": int(found["parameters"])}) for name, found in costs.items()]
    return run_folder(tmp_path / "run", scores, timings=timings)


def rows(ranking):
    return ranking.table.set_index("method")


def test_efficiency_by_the_published_baseline(esr):
    """The baseline has exp(2) = 7.389056; half of each cost has exp(1) = 2.718282, whatever the weights are."""
    found = rank(esr, "ntire-esr-2026")
    assert list(found.table["method"]) == ["half", "span", "low"]
    assert rows(found)["score"]["span"] == pytest.approx(7.389056, abs=1e-6)
    assert rows(found)["score"]["half"] == pytest.approx(2.718282, abs=1e-6)
    # 0.8 · 7.389056 = 5.911245 and 0.1 · 7.389056 = 0.738906
    terms = rows(found).loc["span", ["runtime_term", "macs_term", "parameters_term"]]
    assert list(terms) == pytest.approx([5.911245, 0.738906, 0.738906], abs=1e-6)
    assert found.table["rank"].tolist()[:2] == [1, 2]
    assert set(found.table["baseline"]) == {"SPAN"}
    note = next(note for note in found.notes if note.startswith("baseline: "))
    assert "SPAN as published, 5.59 ms, 9.83 GMACs, 0.151 M parameters" in note
    assert "measured on NVIDIA RTX A6000" in note
    assert "those of this run on cpu" in note


def test_costs_count_by_their_weights(tmp_path):
    """Twice the runtime, half the MACs, as many parameters.

    2026: 0.8 · e⁴ + 0.1 · e¹ + 0.1 · e² = 43.678520 + 0.271828 + 0.738906 = 44.689254.
    """
    one = timing("m", 2 * 5.59, int(9.83e9 / 2), 151_000)
    folder = run_folder(tmp_path / "run", {"m": {"psnr": 27.0}}, timings=[one])
    assert rows(rank(folder, "ntire-esr-2026"))["score"]["m"] == pytest.approx(44.689254, abs=1e-5)


def test_the_rules_of_2025(tmp_path):
    """EFDN has 7.389056. Half its runtime: 0.7 · e¹ + 0.3 · e² = 1.902797 + 2.216717 = 4.119514."""
    timings = [timing("efdn", 16.69, 16_700_000_000, 276_000), timing("fast", 8.345, 16_700_000_000, 276_000)]
    scores = {name: {"psnr": 26.93} for name in ("efdn", "fast")}
    found = rows(rank(run_folder(tmp_path / "run", scores, timings=timings), "ntire-esr-2025"))
    assert list(found["score"]) == pytest.approx([4.119514, 7.389056], abs=1e-6)


def test_a_baseline_of_the_same_run(tmp_path):
    """`b` takes twice what `a` takes: against `a` exp(4) = 54.598150, and `a` against itself exp(2)."""
    timings = [timing("a", 100.0, 10**9, 10**5), timing("b", 200.0, 2 * 10**9, 2 * 10**5)]
    folder = run_folder(tmp_path / "run", {"a": {"psnr": 28.0}, "b": {"psnr": 29.0}}, timings=timings)
    found = rank(folder, "ntire-esr-2026", baseline="a")
    assert list(found.table["score"]) == pytest.approx([7.389056, 54.598150], abs=1e-5)
    assert set(found.table["baseline"]) == {"a"}
    assert "baseline: a of this run, 100 ms, 1 GMACs, 0.1 M parameters, on cpu" in found.notes
    # `b` alone, against `a`, which is not in the table
    assert list(rank(folder, "ntire-esr-2026", baseline="a", methods=["b"]).table["method"]) == ["b"]


def test_below_the_gate_there_are_terms_and_no_score(esr):
    found = rank(esr, "ntire-esr-2026")
    low = rows(found).loc["low"]
    assert low["gate"] == "below the gate"
    assert math.isnan(low["score"])
    assert pd.isna(low["rank"])
    assert low["runtime_term"] == pytest.approx(0.8 * 2.718282, abs=1e-6)
    assert list(rows(found)["gate"][["half", "span"]]) == ["passed", "passed"]  # half: (26.70 + 27.10) / 2 = 26.90
    notes = "\n".join(found.notes)
    assert "gate: psnr of at least 26.90 on div2k-lsdir under rgb" in notes
    assert (
        "gate not checked: psnr of at least 26.99 on DIV2K_LSDIR_test under rgb, whose images are not public" in notes
    )


def test_without_gates_says_so(esr, tmp_path):
    found = rank(esr, "ntire-esr-2026", gates=False)
    assert set(found.table["gate"]) == {"not checked"}
    assert found.table["score"].notna().all()
    assert "gate not checked: psnr of at least 26.90 on div2k-lsdir under rgb" in found.notes
    # No image is looked at: any dataset and protocol will do.
    other = run_folder(
        tmp_path / "o",
        {"a": {"psnr": 20.0}},
        dataset="d",
        protocol="classic-y",
        timings=[timing("a", 1.0, 10**9, 10**5)],
    )
    assert len(rank(other, "ntire-esr-2026", gates=False).table) == 1
    failed = run_folder(tmp_path / "f", {"a": {"psnr": 20.0}}, dataset="d", timings=[GOOD], failed="a")
    with pytest.raises(RequestError, match="^a on d ×4 under rgb: 1 failed of 2 images"):
        rank(failed, "ntire-esr-2026", gates=False)


@pytest.fixture
def perceptual(tmp_path):
    """Two methods and a dataset of any name."""
    scores = {
        "plain": dict(zip(PERCEPTUAL, (0.4, 0.3, 0.4, 0.2, 40.0, (11.0, 12.0)), strict=True)),
        "gan": dict(zip(PERCEPTUAL, (0.2, (0.05, 0.15), 0.6, 0.5, 70.0, 4.0), strict=True)),
    }
    return run_folder(tmp_path / "perceptual", scores, dataset="d", protocol="rgb-full")


def test_the_perceptual_sum(perceptual):
    """gan: 0.8 + 0.9 + 0.6 + 0.5 + 0.7 + 0.6 = 4.1; plain: 0.6 + 0.7 + 0.4 + 0.2 + 0.4 + max(0, −0.15) = 2.3."""
    found = rank(perceptual, "ntire-x4-perceptual")
    assert list(found.table["method"]) == ["gan", "plain"]
    assert list(found.table["score"]) == pytest.approx([4.1, 2.3], abs=1e-12)
    gan = [0.8, 0.9, 0.6, 0.5, 0.7, 0.6]
    assert list(rows(found).loc["gan", [f"{name}_term" for name in PERCEPTUAL]]) == pytest.approx(gan)
    assert rows(found)["niqe_term"]["plain"] == 0.0
    assert rows(found)["niqe"]["plain"] == 11.5
    assert set(found.table["dataset"]) == {"d"}
    assert any("DIV2K's test images" in note for note in found.notes)


def test_equal_scores_share_a_rank(tmp_path):
    timings = [timing(name, 5.59, 9_830_000_000, 151_000) for name in "ab"] + [timing("c", 50.0, 10**10, 10**6)]
    folder = run_folder(tmp_path / "run", {name: {"psnr": 27.0} for name in "cab"}, timings=timings)
    found = rank(folder, "ntire-esr-2026").table
    assert list(zip(found["method"], found["rank"], strict=True)) == [("a", 1), ("b", 1), ("c", 3)]


COMMAND = (
    "run: srbench run --methods … --datasets div2k-lsdir --scale 4 --protocol rgb --metrics psnr "
    "--timing --size 256x256"
)
NEEDS = "ntire-esr-2026 needs"
REFUSED = {
    "no timing": ({}, f"a ×4 was not timed, but {NEEDS} the time of a 256×256 image; {COMMAND}$"),
    "another size": (
        {"timings": [timing("a", 9.0, 10**9, 9, (320, 180)), timing("a", 9.0, 10**9, 9, (510, 339))]},
        f"a ×4 was timed at 320×180, 510×339, but {NEEDS} 256×256, and no time is rescaled; {COMMAND}$",
    ),
    "a batch alone": ({"timings": [timing("a", 9.0, 10**9, 9, batch=2)]}, "was timed at 256×256, but"),
    "no network": (
        {"timings": [timing("a", 9.0, None, None)]},
        "^a: has no parameters that srbench can count, but .* compares networks; choose other methods with --methods$",
    ),
    "another scale": ({"scale": 2}, f"is of ×2, but ntire-esr-2026 scores ×4; {COMMAND}$"),
    "another protocol": ({"protocol": "classic-y"}, f"is scored under classic-y, but {NEEDS} rgb; {COMMAND}$"),
    "another dataset": (
        {"dataset": "div2k"},
        f"is of div2k, but the gate of ntire-esr-2026 is on div2k-lsdir; {COMMAND}; or add --without-gates$",
    ),
    "a part of it": ({"dataset": "div2k-lsdir[10]"}, "the gate of ntire-esr-2026 is on div2k-lsdir"),
    "no PSNR": ({"scores": {"a": {"ssim": 0.9}}}, f"has no psnr, which {NEEDS}; {COMMAND}$"),
    "a missing image": (
        {"skip": [("a", "y")]},
        "^a on div2k-lsdir ×4 under rgb: 1 missing of 2 images; complete the run by the same command, or choose",
    ),
    "a failed image": ({"failed": "a"}, "^a on div2k-lsdir ×4 under rgb: 1 failed of 2 images; complete"),
    "an undefined value": (
        {"scores": {"a": {"psnr": (27.0, None)}}},
        r"^a on div2k-lsdir ×4 under rgb: no psnr of y \(not computed\); .* needs the mean over all images",
    ),
    "far too slow": (
        {"timings": [timing("a", 5590.0, 10**9, 10**5)]},
        "^a: runtime is 1000 times the baseline's, whose exponential is no number; choose a nearer one with --baseline",
    ),
}


@pytest.mark.parametrize(("change", "message"), REFUSED.values(), ids=REFUSED)
def test_what_a_run_lacks_is_refused(tmp_path, change, message):
    options = {"scores": {"a": {"psnr": 27.0}}, **change}
    if set(change) - {"timings"} and "timings" not in change:
        options["timings"] = [GOOD]
    folder = run_folder(tmp_path / "run", **options)
    with pytest.raises(RequestError, match=message) as caught:
        rank(folder, "ntire-esr-2026")
    assert "\n" not in str(caught.value)


def test_a_missing_metric_of_a_sum_is_refused_and_never_0(tmp_path):
    folder = run_folder(tmp_path / "run", {"a": {"lpips": 0.3, "niqe": 4.0}}, dataset="d", protocol="rgb-full")
    with pytest.raises(RequestError, match="has no dists, pyiqa:clipiqa, pyiqa:maniqa, pyiqa:musiq, which ntire-x4"):
        rank(folder, "ntire-x4-perceptual")


def test_a_method_that_a_run_refused_or_timed_in_vain(tmp_path):
    refusal = {"method": "b", "scale": 4, "protocol": "rgb", "reason": "no"}
    scores = {"a": {"psnr": 27.0}, "b": {"psnr": 27.0}}
    folder = changed(run_folder(tmp_path / "run", scores, timings=[GOOD]), refused=[refusal])
    with pytest.raises(RequestError, match="b was not run on div2k-lsdir ×4 under rgb; choose other methods"):
        rank(folder, "ntire-esr-2026")
    timed = {"conditions": {}, "items": [GOOD.describe()], "failed": ["b ×4: out of memory at 256×256, batch 1"]}
    folder = changed(run_folder(tmp_path / "run", scores), timings=timed)
    with pytest.raises(RequestError, match=r"b ×4 was not timed \(out of memory at 256×256, batch 1\), but"):
        rank(folder, "ntire-esr-2026")
    assert list(rank(folder, "ntire-esr-2026", methods=["a"]).table["method"]) == ["a"]


def test_another_version_of_the_protocol(esr):
    rules = {"degradation": {}, "grey": "rgb"}
    changed(esr, protocols={"rgb": {"hash": "0123456789ab", "rules": rules}})
    with pytest.raises(RequestError, match=r"is scored under another rgb \(0123456789ab\), expected [0-9a-f]{12}; "):
        rank(esr, "ntire-esr-2026")


def test_arguments_that_say_nothing_are_refused(esr, perceptual):
    with pytest.raises(RequestError, match="has no method 'spam', did you mean span"):
        rank(esr, "ntire-esr-2026", baseline="spam")
    with pytest.raises(RequestError, match="has no method 'x'"):
        rank(esr, "ntire-esr-2026", methods=["x"])
    with pytest.raises(RequestError, match="--baseline gan: ntire-x4-perceptual compares with no baseline; leave"):
        rank(perceptual, "ntire-x4-perceptual", baseline="gan")
    with pytest.raises(RequestError, match="--without-gates: ntire-x4-perceptual has no gates; leave it out"):
        rank(perceptual, "ntire-x4-perceptual", gates=False)
    with pytest.raises(UnknownNameError, match="unknown rules 'ntire-esr-2062', did you mean .*: srbench list rules$"):
        rank(esr, "ntire-esr-2062")
    with pytest.raises(RequestError, match="no such folder"):
        rank(esr / "none", "ntire-esr-2026")


def test_what_makes_times_doubtful_is_said(tmp_path):
    timings = [GOOD, timing("b", 5.0, 10**9, 10**5, precision="bf16", settled=False)]
    folder = run_folder(tmp_path / "run", {"a": {"psnr": 27.0}, "b": {"psnr": 27.0}}, timings=timings)
    notes = rank(folder, "ntire-esr-2026").notes
    assert "timed in fp32 a, bf16 b" in notes
    assert "times not steady: b" in notes
    assert "runtime is the median latency of a call with one 256×256 image" in notes


@pytest.mark.parametrize("name", ["a", "a-method-of-29-letters@mine+tw"])
def test_tables_have_80_columns(tmp_path, name):
    timings = [timing(name, 50.0, 10**12, 10**7), timing("slow", 1500.0, 10**10, 10**5)]
    esr = run_folder(tmp_path / "e", {name: {"psnr": 27.0}, "slow": {"psnr": 20.0}}, timings=timings)
    scores = {name: dict.fromkeys(PERCEPTUAL, 0.5), "b": dict.fromkeys(PERCEPTUAL, 0.25)}
    perceptual = run_folder(tmp_path / "p", scores, dataset="d", protocol="rgb-full")
    for found in (rank(esr, "ntire-esr-2026"), rank(perceptual, "ntire-x4-perceptual")):
        text = ranking_text(found)
        assert max(map(len, text.splitlines())) <= 80
        assert text.count(name) >= 1
        assert "score " in text
    assert "below the gate" in ranking_text(rank(esr, "ntire-esr-2026"))
    assert "CLIPIQA" in text
    assert "ntire-x4-perceptual, d ×4, rgb-full" in text


def test_the_verb_prints_writes_and_notes(cli, esr, tmp_path):
    done = cli("rank", esr, "--rules", "ntire-esr-2026", "--output", "out.csv")
    assert done.code == 0
    assert "half" in done.out
    assert "note: gate not checked: psnr of at least 26.99" in done.err
    table = pd.read_csv(tmp_path / "out.csv")
    assert list(table["method"]) == ["half", "span", "low"]
    assert table["score"].round(4).tolist()[:2] == [2.7183, 7.3891]
    as_json = json.loads(cli("rank", esr, "--rules", "ntire-esr-2026", "--baseline", "half", "--json").out)
    assert [row["score"] is None for row in as_json] == [False, False, True]
    assert as_json[0]["score"] == pytest.approx(7.389056, abs=1e-6)
    assert as_json[0]["rules"] == "ntire-esr-2026"
    free = cli("rank", esr, "--rules", "ntire-esr-2026", "--without-gates", "--methods", "low")
    assert (free.code, "not checked" in free.out) == (0, True)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--rules", "ntire-esr"), "unknown rules 'ntire-esr', did you mean"),
        (("--rules", "ntire-esr-2026", "--output", "x.txt"), "name a file that ends in .csv"),
        (("--rules", "ntire-esr-2026", "--methods", "half,"), "has an empty item"),
        ((), "Missing option '--rules'"),
    ],
)
def test_the_verb_refuses_in_one_line(cli, esr, words, message):
    failed = cli("rank", esr, *words)
    assert (failed.code, failed.out, failed.err.count("\n")) == (2, "", 1)
    assert message in failed.err


THEIRS = """
[rules]
name = "theirs"
title = "Their challenge"
summary = "PSNR in tens of dB, twice"
source = "none"
scale = 4
protocol = "rgb"
[[terms]]
metric = "psnr"
weight = 2.0
factor = 0.1
least = 1.0
"""
OWN_ESR = """
[rules]
name = "theirs"
title = "t"
summary = "s"
source = "none"
scale = 4
protocol = "rgb"
[efficiency]
size = [256, 256]
weights = { runtime = 0.5, macs = 0.25, parameters = 0.25 }
[efficiency.baseline]
name = "B"
macs = 1.0
parameters = 1.0
measured_on = "nothing"
"""


@pytest.fixture
def pack(tmp_path, monkeypatch):
    """Install a pack of one card beside srbench's; returns the registry."""

    def install(text):
        (tmp_path / "pack").mkdir(exist_ok=True)
        (tmp_path / "pack" / "r.card.toml").write_text(text, encoding="utf-8")
        own = installed_cards()
        cards = Registry([*own.packs, Pack("mine", "mine-dist 1", tmp_path / "pack")])
        monkeypatch.setattr("srbench.harness.finished.rank.installed_cards", lambda: cards)
        return cards

    return install


def test_rules_of_another_pack(esr, pack):
    """span: 2 · max(1, 2.694) = 5.388. Weights of terms need not sum to one."""
    assert pack(THEIRS).rules["theirs"].pack.distribution == "mine-dist 1"
    found = rows(rank(esr, "theirs"))
    assert found["score"]["span"] == pytest.approx(5.388)
    assert set(found["gate"]) == {""}


def test_a_baseline_without_a_published_runtime_must_be_measured(esr, pack):
    pack(OWN_ESR)
    with pytest.raises(RequestError, match="no source states the runtime of its baseline B; add --baseline METHOD"):
        rank(esr, "theirs")
    assert rows(rank(esr, "theirs", baseline="span"))["score"]["span"] == pytest.approx(7.389056, abs=1e-6)


BROKEN = {
    "weights": (OWN_ESR.replace("runtime = 0.5", "runtime = 0.45"), r"the weights sum to 0.95, expected 1"),
    "both": (OWN_ESR + '[[terms]]\nmetric = "psnr"\n', r"give either \[efficiency\] or \[\[terms\]\]"),
    "neither": (THEIRS[: THEIRS.index("[[terms]]")], r"give either \[efficiency\] or \[\[terms\]\]"),
    "twice": (THEIRS + '[[terms]]\nmetric = "psnr"\n', "a metric is there twice"),
    "gates": (THEIRS + '[[gates]]\ndataset = "d"\nleast = 1.0\n' * 2, "have the same dataset and metric"),
    "not a number": (THEIRS.replace("factor = 0.1", "factor = nan"), "factor: Input should be a finite number"),
    "unknown": (THEIRS + "clip = 1\n", "clip: Extra inputs"),
}


@pytest.mark.parametrize(("text", "message"), BROKEN.values(), ids=BROKEN)
def test_a_pack_with_broken_rules_is_left_out(pack, text, message):
    cards = pack(text)
    (problem,) = cards.problems
    assert str(problem).startswith("pack mine (mine-dist 1) is left out: ")
    with pytest.raises(CardError, match=f"rules 'theirs' is in pack mine .*{message}"):
        cards.rule_set("theirs")
    assert {"ntire-esr-2025", "ntire-esr-2026", "ntire-x4-perceptual"} <= set(cards.rules)
