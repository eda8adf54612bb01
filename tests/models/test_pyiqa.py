"""pyiqa's metrics, over a stand-in for the library, which few have installed."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

import pytest
import torch

import srbench
from srbench.errors import RequestError, RuntimeMissingError
from srbench_models.metrics import pyiqa

CONFIGS = {
    "musiq": {"metric_mode": "NR"},
    "ahiq": {"metric_mode": "FR", "lower_better": True},
    "fid": {"metric_mode": "NR"},
    "odd": {"metric_mode": "set"},
}


def about(version):
    return lambda _: SimpleNamespace(json={"version": version, "license_expression": "PolyForm"})


@pytest.fixture
def library(monkeypatch):
    """A library with metrics that say what they were given."""
    whole, configs = ModuleType("pyiqa"), ModuleType("pyiqa.default_model_configs")
    configs.DEFAULT_CONFIGS = CONFIGS

    def create_metric(name, device):
        def metric(sr, hr=None):
            assert sr.ndim == 4
            assert sr.dtype == torch.float32
            assert 0 <= float(sr.min()) <= float(sr.max()) <= 1
            assert not torch.is_grad_enabled()
            noise = torch.rand(1)
            return (sr.mean() if hr is None else (sr - hr).abs().mean()) + 0 * noise + noise * 1e-3

        return metric

    whole.create_metric = create_metric
    monkeypatch.setitem(sys.modules, "pyiqa", whole)
    monkeypatch.setitem(sys.modules, "pyiqa.default_model_configs", configs)
    monkeypatch.setattr(pyiqa, "metadata", about("9.9"))


def test_version_device_and_licence_stand_below_the_table(library, photos):
    state = torch.get_rng_state()
    result = srbench.run(["nearest", "bicubic"], datasets=str(photos), metrics=["psnr", "pyiqa:musiq", "pyiqa:ahiq"])
    assert torch.equal(torch.get_rng_state(), state)
    noted = [note for note in result.notes if note.startswith("pyiqa:musiq")]
    assert noted == [
        "pyiqa:musiq: computed by pyiqa 9.9 (PolyForm); its weights have licences of their own; device: "
        + result.description.environment.device
    ]
    table = result.leaderboard.set_index("method")
    assert 0 < table.loc["bicubic", "pyiqa:ahiq"] < table.loc["nearest", "pyiqa:ahiq"] < 0.5
    infos = result.description.infos()
    assert (infos["pyiqa:musiq"].higher_is_better, infos["pyiqa:ahiq"].higher_is_better) == (True, False)
    again = srbench.run(["nearest", "bicubic"], datasets=str(photos), metrics=["psnr", "pyiqa:musiq", "pyiqa:ahiq"])
    assert again.leaderboard["pyiqa:musiq"].tolist() == result.leaderboard["pyiqa:musiq"].tolist()


def test_the_version_is_part_of_the_identity(library, monkeypatch):
    from srbench.cards import installed_cards
    from srbench.metrics import find_metrics

    def identity():
        return find_metrics(("pyiqa:musiq",), installed_cards())[0].identity()

    before = identity()
    assert identity() == before
    monkeypatch.setattr(pyiqa, "metadata", about("9.10"))
    assert identity() != before


@pytest.mark.parametrize(
    ("variant", "message"),
    [
        ("musik", "pyiqa has no metric 'musik', did you mean musiq"),
        ("fid", "pyiqa's fid scores a set of images as a whole"),
        ("odd", "pyiqa's odd scores a set of images as a whole"),
    ],
)
def test_metrics_that_are_refused(library, photos, variant, message):
    with pytest.raises(RequestError, match=message):
        srbench.run("nearest", datasets=str(photos), metrics=f"pyiqa:{variant}")


@pytest.mark.parametrize(
    "fault", [ModuleNotFoundError("No module named 'pyiqa'"), RuntimeError("operator nms\nis not")]
)
def test_a_library_that_is_missing_or_broken_gets_one_line(monkeypatch, photos, fault, cli):
    class Broken:
        def find_spec(self, name, *_):
            if name.partition(".")[0] == "pyiqa":
                raise fault

    monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
    with pytest.raises(RuntimeMissingError, match=r"pyiqa cannot be loaded \(.*\); install .* pip install pyiqa"):
        srbench.run("nearest", datasets=str(photos), metrics="pyiqa:musiq")
    outcome = cli("run", "--methods", "nearest", "--datasets", photos, "--metrics", "psnr,pyiqa:musiq")
    assert outcome.code == 2
    assert len(outcome.err.strip().splitlines()) == 1
