"""An engine's seam: settings that can be sent elsewhere, pending work that only reads, another engine in its place."""

from __future__ import annotations

import pickle

from helpers import plan_of

import srbench
from srbench.api import Inference
from srbench.engine import Settings, run_plan
from srbench.engine.pending import pending
from srbench.harness.execute import execute
from srbench.harness.options import RunOptions, completed
from srbench.runs import Gallery, MemoryStore, identify


def settings_of(plan, **more):
    request = plan.request
    return Settings(request.metrics, Inference(), lr=request.lr, classifiers=request.classifiers, **more)


def test_settings_and_plan_can_be_sent_to_another_process(photos):
    """What comes back makes the same records."""
    plan = plan_of(
        ["bicubic", "edsr+ensemble"], datasets=str(photos), metrics=["psnr", "ssim"], classifiers="celeba-attributes"
    )
    sent = pickle.loads(pickle.dumps((plan, settings_of(plan))))  # noqa: S301  # our own bytes
    here, there = MemoryStore(), MemoryStore()
    run_plan(plan, settings_of(plan), identify(plan, "x", Inference()), here)
    run_plan(*sent, identify(sent[0], "x", Inference()), there)
    assert here.records() == there.records()
    assert len(here.records()) == 6


def test_pending_reads_only_and_says_what_is_left(photos):
    plan = plan_of(["nearest", "bicubic"], datasets=str(photos), protocol=["classic-y", "rgb"])
    identities = identify(plan, "x", Inference())
    sink = MemoryStore()
    first = list(pending(plan, identities, sink))
    assert [(image.sample.id, len(image.records), image.finished) for image in first] == [
        ("one", 4, 0),
        ("three", 4, 0),
        ("two", 4, 0),
    ]
    assert sink.records() == []
    run_plan(plan, settings_of(plan), identities, sink)
    assert [(len(image.records), image.finished) for image in pending(plan, identities, sink)] == [(0, 4)] * 3
    # Nothing is saved in memory, so that a run which is to save images has all of it to do.
    gallery = Gallery.of(
        srbench.run(["nearest", "bicubic"], datasets=str(photos), protocol=["classic-y", "rgb"]).description
    )
    assert [image.finished for image in pending(plan, identities, sink, gallery)] == [0] * 3


def test_another_engine_gives_its_records_to_the_same_run(photos, tmp_path):
    """An engine that runs the plan backwards: the table is the same."""
    plan = plan_of(["nearest", "bicubic"], datasets=str(photos), metrics="psnr")
    options = completed({"output": tmp_path / "run", "metrics": "psnr"}, RunOptions)

    def backwards(plan, settings, identities, sink, **more):
        there = MemoryStore()
        reused = run_plan(plan, settings, identities, there, **more)
        for record in reversed(there.records()):
            sink.append(record)
        return reused

    made = execute(plan, options, engine=backwards)
    usual = srbench.run(["nearest", "bicubic"], datasets=str(photos), metrics="psnr")
    assert made.leaderboard.equals(usual.leaderboard)
    assert made.items == usual.items
