"""Metrics with variants and weight files: found by name, cut down to what is needed, and part of the identity."""

from __future__ import annotations

import hashlib

import pytest
import torch
from safetensors.torch import load_file, save_file

import srbench
from srbench.api import Noted
from srbench.cards import MetricCard, Registry, installed_cards
from srbench.cards.packs import Pack
from srbench.errors import CardError, RequestError, StoreError, UnknownNameError, WeightsError
from srbench.files import cache_home
from srbench.leaderboard import collected
from srbench.metrics import find_metrics
from srbench.metrics.weights import MetricWeights
from srbench.runs import open_runs

CODE = """
from safetensors.torch import load_file
from srbench.api import MetricInfo, Noted

def load(request):
    held = load_file(request.weights)
    assert all(name.startswith("features.") for name in held)
    bias = float(held["features.0.bias"][0])
    return lambda pair: Noted(bias, f"on {request.device}") if request.variant else bias

def describe(variant):
    if variant == "none":
        raise KeyError("no such metric\\nat all")
    return MetricInfo(variant, "points", variant == "up", 1, f"{variant} of another library", remark="version 7")

def open_one(request):
    return lambda pair: float(len(request.variant))
"""

CARD = """
[metric]
name = "nets"
summary = "a network's opinion"
unit = ""
higher_is_better = false
decimals = 4
looks_at = "rgb"
factory = "nets_code:load"
licence = "MIT"
source = "tests"
[metric.variants]
"" = "the small network"
big = "the big network"
"""

FILE = """
[[weights]]
variant = "{variant}"
file = "net.pth"
sha256 = "{sha256}"
urls = ["http://127.0.0.1:9/net.pth"]
tensors = "features."
licence = "MIT"
parameters = 4
"""

OPEN = """
[metric]
name = "theirs"
summary = "another library's metrics"
unit = ""
higher_is_better = true
decimals = 4
factory = "nets_code:open_one"
variants = "a name of that library"
describe = "nets_code:describe"
licence = "theirs"
source = "tests"
"""


@pytest.fixture
def net(tmp_path):
    path = tmp_path / "net.pth"
    features = {"features.0.weight": torch.ones(3), "features.0.bias": torch.tensor([0.25])}
    torch.save({**features, "classifier.0": torch.ones(9999)}, path)
    return path


@pytest.fixture
def cards(tmp_path, net, monkeypatch):
    """A pack with the metrics `nets` and `theirs`; the card of `nets` has eight digits of the hash of `net`."""
    folder = tmp_path / "pack"
    folder.mkdir()
    (folder / "nets_code.py").write_text(CODE)
    digits = hashlib.sha256(net.read_bytes()).hexdigest()[:8]
    files = FILE.format(variant="", sha256=digits) + FILE.format(variant="big", sha256="0" * 64)
    (folder / "nets.card.toml").write_text(CARD + files)
    (folder / "theirs.card.toml").write_text(OPEN)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setenv("SRBENCH_CACHE", str(tmp_path / "cache"))
    found = Registry([Pack("nets", "nets 1", folder), *installed_cards().packs])
    monkeypatch.setattr("srbench.harness.options.installed_cards", lambda: found, raising=False)
    monkeypatch.setattr("srbench.harness.run.installed_cards", lambda: found)
    return found


def one(cards, name, file=None):
    (found,) = find_metrics((name,), cards, {} if file is None else {name: file})
    return found


def test_only_what_is_needed_is_kept_and_the_rest_is_never_there(cards, net):
    metric = one(cards, "nets", file=net)
    assert metric.build("cpu").formula(None) == 0.25
    kept = list(cache_home().rglob("*.safetensors"))
    assert [sorted(load_file(path)) for path in kept] == [["features.0.bias", "features.0.weight"]]
    assert sum(path.stat().st_size for path in cache_home().rglob("*") if path.is_file()) < 2**10
    # From now on no file has to be given.
    assert one(cards, "nets").build("cpu").formula(None) == 0.25
    assert one(cards, "nets").identity() == metric.identity()


def test_what_was_altered_in_the_cache_is_made_again(cards, net, monkeypatch):
    monkeypatch.setattr("srbench.files.remote.downloads._PAUSE", 0.0)
    one(cards, "nets", file=net).build("cpu")
    (kept,) = cache_home().rglob("*.safetensors")
    kept.write_bytes(kept.read_bytes()[:-1] + b"?")
    assert one(cards, "nets", file=net).build("cpu").formula(None) == 0.25
    kept.write_bytes(b"")
    with pytest.raises(WeightsError, match="nets: its weights are not on this machine and cannot be fetched"):
        one(cards, "nets").build("cpu")


def test_another_file_needs_another_name(cards, net, tmp_path):
    other = tmp_path / "other.safetensors"
    save_file({"features.0.bias": torch.tensor([0.5]), "head": torch.ones(2)}, other)
    with pytest.raises(RequestError, match=r"other.safetensors: is not nets's file: sha256 is .* ask for nets@mine"):
        one(cards, "nets", file=other)
    with pytest.raises(RequestError, match="which file\\? add --weights nets@mine=FILE"):
        one(cards, "nets@mine")
    mine = one(cards, "nets@mine", file=other)
    assert mine.info.name == "nets@mine"
    assert mine.build("cpu").formula(None) == 0.5
    before = mine.identity()
    save_file({"features.0.bias": torch.tensor([0.75]), "head": torch.ones(2)}, other)
    assert one(cards, "nets@mine", file=other).identity() != before
    assert one(cards, "nets@mine", file=other).build("cpu").formula(None) == 0.75


@pytest.mark.parametrize("kind", ["code", "nothing kept", "cut", "list"])
def test_files_that_are_refused(cards, tmp_path, kind):
    path = tmp_path / "w.pth"
    if kind == "code":
        torch.save({"features.0": print}, path)
    elif kind == "nothing kept":
        torch.save({"classifier.0": torch.ones(1)}, path)
    elif kind == "list":
        torch.save([torch.ones(1)], path)
    else:
        torch.save({"features.0.bias": torch.ones(1000)}, path)
        path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(WeightsError, match=r"w.pth: (holds|cannot be read)") as error:
        one(cards, "nets@mine", file=path).build("cpu")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("nets:huge", UnknownNameError, "metric nets has no variant 'huge'; write nets, nets:big"),
        ("nets:", UnknownNameError, "metric nets has no variant ''"),
        ("nets:bigg", UnknownNameError, "did you mean big"),
        ("nets@a_low", RequestError, "'nets@a_low' would be a column of the leaderboard already"),
        ("nets@a b", RequestError, "'a b' cannot name weights"),
        ("psnr:y", UnknownNameError, "metric psnr has no variant 'y'; write psnr"),
        ("psnr@mine", RequestError, "metric psnr@mine takes no weights; write psnr alone"),
        ("theirs", RequestError, "metric theirs needs a variant: write theirs:X, where X is a name of that library"),
    ],
)
def test_names_that_are_refused(cards, name, error, message):
    with pytest.raises(error, match=message):
        one(cards, name)


def test_a_metric_without_variants_is_renamed_too(cards, tmp_path):
    """Else another file's figures would stand under the metric's own name."""
    path = cards.metric("nets").path
    text = CARD.partition("[metric.variants]")[0].replace('name = "nets"', 'name = "lone"')
    (path.parent / "lone.card.toml").write_text(text + FILE.format(variant="", sha256="0" * 64))
    found = Registry([Pack("nets", "nets 1", path.parent)])
    mine = tmp_path / "mine.pth"
    torch.save({"features.0.bias": torch.tensor([0.5])}, mine)
    (metric,) = find_metrics(("lone@mine",), found, {"lone@mine": mine})
    assert metric.info.name == metric.build("cpu").name == "lone@mine"


def test_another_part_of_one_file_is_another_file(cards, net):
    """Two metrics, or two versions of a card, may need other tensors of the same file."""
    entry = cards.metric("nets").card.weights[0]
    folder = cards.metric("nets").path.parent
    paths = [
        MetricWeights(entry.model_copy(update={"tensors": wanted}), "nets", folder, "nets 1", net).obtain()
        for wanted in ("features.", "classifier.")
    ]
    assert [sorted(load_file(path)) for path in paths] == [["features.0.bias", "features.0.weight"], ["classifier.0"]]


def test_tensors_that_were_exchanged_with_their_note_are_made_again(cards, net, tmp_path):
    one(cards, "nets", file=net).build("cpu")
    (kept,) = cache_home().rglob("*.safetensors")
    save_file({"features.0.bias": torch.tensor([9.0])}, kept)
    note = kept.with_name(f"{kept.name}.sha256")
    note.write_text(hashlib.sha256(kept.read_bytes()).hexdigest() + "\n" + "0" * 64 + "\n")
    assert one(cards, "nets", file=net).build("cpu").formula(None) == 0.25


def test_runs_with_other_weights_under_one_name_are_not_ranked_together(cards, photos, tmp_path):
    folders = []
    for value in (0.5, 0.75):
        mine = tmp_path / f"{value}.pth"
        torch.save({"features.0.bias": torch.tensor([value])}, mine)
        folders.append(tmp_path / f"run {value}")
        files = {"nets@mine": mine}
        srbench.run("nearest", datasets=str(photos), metrics="nets@mine", metric_weights=files, output=folders[-1])
    with pytest.raises(StoreError, match="metric nets@mine has another weight file"):
        collected(open_runs(folders))


@pytest.mark.parametrize("remark", [5, "two\nlines", "\ud800", None])
def test_any_remark_is_one_line_of_text(photos, tmp_path, remark):
    odd = srbench.Metric("odd", "", True, 2, formula=lambda pair: Noted(1.0, remark))
    srbench.run("nearest", datasets=str(photos), metrics=["psnr", odd], output=tmp_path / "run")
    (run,) = open_runs([tmp_path / "run"])
    assert run.damaged == ()
    assert all("\n" not in record.remarks["odd"] for record in run.records)


def test_files_for_metrics_that_are_not_asked_for(cards, net, tmp_path):
    with pytest.raises(RequestError, match="weights for 'nets', which is not among the metrics"):
        find_metrics(("psnr",), cards, {"nets": net})
    with pytest.raises(RequestError, match="no such weight file for nets"):
        find_metrics(("nets",), cards, {"nets": tmp_path / "none"})
    with pytest.raises(RequestError, match="metric psnr takes no weights"):
        find_metrics(("psnr",), cards, {"psnr": net})


def test_another_librarys_metrics_say_unit_and_direction_by_variant(cards):
    up, down = one(cards, "theirs:up"), one(cards, "theirs:down")
    assert (up.info.name, up.info.unit, up.info.higher_is_better) == ("theirs:up", "points", True)
    assert not down.info.higher_is_better
    assert down.build("cpu").formula(None) == 4
    assert up.identity() != down.identity()
    with pytest.raises(RequestError, match="metric theirs:none: KeyError: .*no such metric") as error:
        _ = one(cards, "theirs:none").info
    assert "\n" not in str(error.value)


def test_variants_are_columns_and_remarks_are_notes(cards, net, photos, tmp_path):
    big = tmp_path / "big.pth"
    torch.save({"features.0.bias": torch.tensor([0.125])}, big)
    result = srbench.run(
        "nearest",
        datasets=str(photos),
        metrics=["psnr", "nets", "nets:big@mine", "theirs:up"],
        metric_weights={"nets": net, "nets:big@mine": big},
        output=tmp_path / "run",
    )
    assert result.leaderboard[["nets", "nets:big@mine", "theirs:up"]].to_numpy().tolist() == [[0.25, 0.125, 2]]
    assert any("nets:big@mine: on cpu" in note for note in result.notes)
    assert any(note.startswith("theirs:up: version 7; device: cpu") for note in result.notes)
    text = (tmp_path / "run" / "leaderboard.md").read_text()
    assert "THEIRS:UP points ↑" in text or "THEIRS:UP" in text


def test_a_metric_that_looks_at_rgb_has_no_value_where_only_luma_is_upscaled(cards, net, photos):
    result = srbench.run(
        "nearest",
        datasets=str(photos),
        metrics=["psnr", "nets"],
        protocol=["classic-y", "srcnn-y"],
        metric_weights={"nets": net},
    )
    table = result.leaderboard.set_index("protocol")
    assert table.loc["classic-y", "nets"] == 0.25
    assert result.leaderboard["nets"].isna().sum() == 1
    assert any("no nets: looks at RGB, and under srcnn-y only luma is upscaled" in note for note in result.notes)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda card: card.replace("factory", "formula"), "needs a `factory`"),
        (lambda card: card + FILE.format(variant="huge", sha256="0" * 64), "of variants"),
        (lambda card: card + FILE.format(variant="", sha256="0" * 8) * 2, "at most once"),
        (lambda card: card + FILE.format(variant="", sha256="0" * 8).replace("urls", "# urls"), "needs a whole sha256"),
        (lambda card: card.replace("[metric.variants]", "describe = 'a:b'\n[metric.variants]"), "give both or neither"),
    ],
)
def test_cards_that_are_refused(tmp_path, change, message):
    (tmp_path / "nets.card.toml").write_text(change(CARD))
    with pytest.raises(CardError, match=message):
        Registry([Pack("nets", "nets 1", tmp_path, built_in=True)])
    assert MetricCard.model_fields  # the same model that reads srbench's own cards
