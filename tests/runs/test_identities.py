"""Fingerprints: whatever can change a number changes them, one part at a time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from helpers import plan_of as plan_by_name

from srbench.api import Inference
from srbench.cards import installed_cards
from srbench.files import write_image
from srbench.methods.sources import card
from srbench.metrics import find_metrics
from srbench.protocols import Protocol
from srbench.runs import RecordKey, identities, make_plan


@pytest.fixture
def folder(photos, photo):
    """Photographs with ready-made LR files."""
    (photos / "HR").mkdir()
    for path in list(photos.glob("*.png")):
        path.rename(photos / "HR" / path.name)
        write_image(photos / "LR_bicubic" / "X4" / path.name, photo(16, 16))
    return photos


def plan_of(folder, lr="made", **changes):
    plan = plan_by_name("edsr", datasets=str(folder), lr=lr)
    return make_plan(replace(plan.request, **changes)) if changes else plan


def fingerprint(plan, device="cpu"):
    cell = plan.cells[0]
    key = RecordKey(cell.method.name, cell.dataset.name, cell.scale, cell.protocol.name, plan.request.lr, "one")
    return identities.identify(plan, device, Inference()).fingerprint(key)


def halves(plan, device="cpu"):
    return fingerprint(plan, device).split("-")


def test_nothing_changed_nothing_changes(folder):
    assert fingerprint(plan_of(folder)) == fingerprint(plan_of(folder))


def changed(value):
    return lambda *_: value


@pytest.mark.parametrize(
    ("module", "name"),
    [(identities, "numbers_code"), (identities, "library_versions"), (card, "module_sha256")],
    ids=["the engine's code", "a library", "the pack's code"],
)
def test_code_changes_the_basis(folder, monkeypatch, module, name):
    before = halves(plan_of(folder))
    monkeypatch.setattr(module, name, changed("other"))
    after = halves(plan_of(folder))
    assert before[0] != after[0]
    assert before[1] == after[1]


def test_the_device_changes_the_basis(folder):
    assert halves(plan_of(folder))[0] != halves(plan_of(folder), "another GPU")[0]


def test_metrics_are_identified_apart_from_the_basis(folder):
    """So that a finished record can be given another score without being made again."""
    fewer = plan_of(folder, metrics=find_metrics(("psnr",), installed_cards()))
    assert halves(plan_of(folder))[0] == halves(fewer)[0]
    assert identities.identify(fewer, "cpu", Inference()).metrics.keys() == {"psnr"}


def test_a_protocols_rule_changes_the_basis(folder):
    plan = plan_of(folder)
    newer = Protocol(plan.request.protocols[0].card.model_copy(update={"version": 2}))
    assert halves(plan)[0] != halves(plan_of(folder, protocols=(newer,)))[0]


def test_weights_change_the_basis(folder):
    plan = plan_of(folder)
    method = plan.request.methods[0]
    entries = tuple(item.model_copy(update={"sha256": "0" * 64}) for item in method.entry.card.weights)
    other = method.entry.card.model_copy(update={"weights": entries})
    changed_method = replace(method, entry=replace(method.entry, card=other))
    assert halves(plan)[0] != halves(plan_of(folder, methods=(changed_method,)))[0]


@pytest.mark.parametrize(("lr", "name"), [("made", "HR"), ("given", "HR"), ("given", "LR_bicubic/X4")])
def test_an_images_files_change_its_half(folder, lr, name):
    before = halves(plan_of(folder, lr))
    write_image(folder / name / "one.png", np.zeros((3, 16, 16), np.uint8))
    after = halves(plan_of(folder, lr))
    assert before[0] == after[0]
    assert before[1] != after[1]


def test_given_lr_is_another_file_than_made_lr(folder):
    assert halves(plan_of(folder, "made"))[1] != halves(plan_of(folder, "given"))[1]
