"""From a request to cells: what runs, what is refused, and that nothing starts on a wrong request."""

from __future__ import annotations

import pytest
from helpers import plan_of

from srbench.errors import DatasetError, NotApplicableError, RequestError, UnknownNameError


def cells(plan):
    return {(cell.method.name, cell.dataset.name, cell.scale, cell.protocol.name) for cell in plan.cells}


def test_every_combination_is_a_cell():
    plan = plan_of(["nearest", "bicubic"], scale=[2, 4], protocol=["classic-y", "rgb"])
    assert len(cells(plan)) == 8
    assert plan.records == 8 * 4
    assert plan.refused == ()


def test_an_rgb_network_is_refused_under_a_luma_protocol_and_runs_elsewhere():
    plan = plan_of(["bicubic", "edsr"], protocol=["classic-y", "srcnn-y"])
    assert ("edsr", "bundled", 4, "srcnn-y") not in cells(plan)
    assert [str(refusal) for refusal in plan.refused] == [
        "edsr ×4 under srcnn-y: upscales RGB, the protocol hands over the Y plane alone; choose another protocol"
    ]


def test_a_method_without_any_cell_stops_the_run():
    with pytest.raises(NotApplicableError, match="nothing to run: edsr ×16 under classic-y: has only"):
        plan_of(["bicubic", "edsr"], scale=16)
    with pytest.raises(NotApplicableError, match="Y plane alone"):
        plan_of("edsr", protocol="srcnn-y")


@pytest.mark.parametrize("protocol", ["srcnn-y", "lanczos-y"])
def test_given_lr_only_where_it_is_the_protocols_lr(protocol):
    with pytest.raises(NotApplicableError, match="leave out --lr given"):
        plan_of("bicubic", protocol=protocol, lr="given")


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"methods": "bicubik"}, UnknownNameError, "did you mean bicubic"),
        ({"methods": []}, RequestError, "no method given"),
        ({"methods": ["bicubic", "bicubic"]}, RequestError, "method bicubic given twice"),
        ({"methods": "edsr@offical"}, UnknownNameError, r"edsr has no weights 'offical', did you mean official"),
        (
            {"methods": [3]},
            RequestError,
            "a method's name such as 'bicubic', a function, or a list of them; item 1 is 3",
        ),
        ({"scale": 1}, RequestError, "scale=1: expected a whole number from 2 to 16"),
        ({"scale": [2, 2]}, RequestError, "scale 2 given twice"),
        ({"scale": 17}, RequestError, "scale=17: expected a whole number from 2 to 16"),
        ({"protocol": "classic"}, UnknownNameError, "did you mean classic-y"),
        ({"metrics": "pnsr"}, UnknownNameError, "unknown metric 'pnsr', did you mean psnr"),
        ({"metrics": ()}, RequestError, "no metric given"),
        ({"datasets": "./nowhere"}, DatasetError, "no such folder"),
        ({"lr": "taken"}, RequestError, "expected 'made'"),
    ],
)
def test_wrong_requests(options, error, message):
    with pytest.raises(error, match=message):
        plan_of(**({"methods": "bicubic"} | options))


def test_named_weights_are_a_row_of_their_own():
    assert plan_of("edsr@srbench").cells[0].method.name == "edsr@srbench"
