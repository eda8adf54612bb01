"""When records are stored: each as soon as it is scored, whatever else is scored with it."""

from __future__ import annotations

import pytest
from helpers import plan_of

from srbench.api import Inference, Metric
from srbench.classifiers import load_panel
from srbench.engine import Settings, run_plan
from srbench.runs import MemoryStore, identify


@pytest.mark.parametrize("classifiers", [(), ("celeba-attributes",)], ids=["alone", "classified"])
def test_a_record_is_stored_before_the_next_one_is_scored(photos, classifiers):
    """Also under the second protocol of an image, and for images that a classifier sees as one batch."""
    sink = MemoryStore()
    stored = Metric("stored", "", True, 0, function=lambda sr, hr: len(sink.records()))
    plan = plan_of(
        "bicubic", datasets=str(photos), protocol=["classic-y", "rgb"], metrics=[stored], classifiers=classifiers
    )
    request = plan.request
    panel = load_panel(request.classifiers, {"photos": None}, "cpu") if classifiers else None
    settings = Settings(request.metrics, Inference(), classifiers=request.classifiers)
    run_plan(plan, settings, identify(plan, "x", Inference()), sink, panel=panel)
    assert [record.scores["stored"] for record in sink.records()] == [0, 1, 2, 3, 4, 5]
