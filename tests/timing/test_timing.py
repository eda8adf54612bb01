"""Timings: statistics by hand, a clock that is told the time, memory and arithmetic that are known beforehand."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

import srbench
from srbench.api import Inference, MethodTiming, Summary
from srbench.api.timing import LARGEST_SPREAD
from srbench.cards import installed_cards
from srbench.errors import NotApplicableError, RequestError
from srbench.harness.bench import bench
from srbench.leaderboard import timings_text
from srbench.methods import find_method
from srbench.timing import summarise, surroundings, time_method
from srbench.timing.clock import MIN_REPEATS, repeat, timer_for, warm_up
from srbench.timing.cost import multiply_adds, parameters, peak_memory


def test_a_summary_by_hand():
    found = summarise([float(value) for value in range(1, 102)])
    assert (found.median, found.p5, found.p95, found.count) == (51.0, 6.0, 96.0, 101)
    assert found.spread == pytest.approx(90 / 51)
    assert not found.steady


@given(st.lists(st.floats(1e-6, 1e3), min_size=1, max_size=60))
def test_a_summary_is_in_order_and_inside_its_data(values):
    found = summarise(values)
    assert min(values) <= found.p5 <= found.median <= found.p95 <= max(values)
    assert min(values) <= found.low <= found.median <= found.high <= max(values)
    assert summarise(values) == found  # seeded


def test_the_interval_holds_the_true_median_as_often_as_it_says():
    """95 % nominal; over 300 samples of 41 the percentile bootstrap covers between 90 and 99 %."""
    generator = np.random.default_rng(5)
    samples = (summarise(list(generator.lognormal(0, 0.3, 41))) for _ in range(300))
    covered = sum(found.low <= 1.0 <= found.high for found in samples)
    assert 270 <= covered <= 297


def test_nothing_measured_is_an_error():
    with pytest.raises(ValueError, match="no measurements"):
        summarise([])


def told(times):
    """A timer that says what it is told, and a count of the calls."""
    left, calls = list(times), []

    def timer(call):
        call()
        calls.append(1)
        return left.pop(0)

    return timer, calls


def test_warming_up_ends_when_two_calls_are_like_the_two_before():
    timer, calls = told([9, 5, 3, 2, 1.5, 1.2, 1, 1, 1, 1, 1, 1, 1])
    assert warm_up(lambda: None, timer, most=1000)
    assert len(calls) == 10  # 1.5 and 1.2 are gone from the window


def test_warming_up_is_not_endless_and_says_that_it_did_not_settle():
    timer, calls = told(range(1, 1000))
    assert not warm_up(lambda: None, timer, most=30)
    assert len(calls) == 8
    timer, calls = told([100, 90, 80, 70])
    assert not warm_up(lambda: None, timer, most=1)
    assert len(calls) == 4


def test_a_device_that_must_wake_up_is_given_its_time():
    timer, calls = told([0.1] * 1000)
    assert warm_up(lambda: None, timer, most=6, least=1.0)
    assert len(calls) == pytest.approx(10, abs=1)


def test_at_least_seven_repeats_however_long_they_take():
    timer, _ = told([100.0] * 50)
    assert len(repeat(lambda: None, timer, seconds=1)) == MIN_REPEATS == 7
    timer, _ = told([0.1] * 500)
    assert len(repeat(lambda: None, timer, seconds=2)) == pytest.approx(20, abs=1)
    timer, _ = told([0.0] * 500)
    assert len(repeat(lambda: None, timer, seconds=2)) == 200


def test_the_processors_clock_takes_the_whole_call():
    import time

    assert 0.02 <= timer_for("cpu")(lambda: time.sleep(0.02)) < 2


def test_peak_memory_sees_what_is_gone_again():
    with peak_memory("cpu") as small:
        pass
    with peak_memory("cpu") as large:
        block = np.ones(40 * 2**20)  # 320 MiB
        del block
    with peak_memory("cpu") as after:
        pass
    assert 300 < large.process - small.process < 400
    assert large.process - after.process > 250
    assert large.device is None


def test_multiply_adds_of_edsr_by_the_papers_sizes():
    """3×3 convolutions: head, 32 in blocks, one more and 64 → 256 at LR; 64 → 256 at ×2; 64 → 3 at ×4.

    The mean is taken off at LR and added at ×4, by 1×1 convolutions of 3 planes, which are not learned.
    """
    upscaler = find_method("edsr", installed_cards()).build(4, Inference())
    pixels = 20 * 30
    at_lr = 9 * (3 * 64 + 33 * 64 * 64 + 64 * 256) + 9
    expected = pixels * (at_lr + 4 * 9 * 64 * 256 + 16 * (9 * 64 * 3 + 9))
    assert multiply_adds(upscaler, torch.rand(1, 3, 20, 30)) == expected
    assert multiply_adds(upscaler, torch.rand(2, 3, 20, 30)) == 2 * expected
    weights = 9 * (3 * 64 + 33 * 64 * 64 + 2 * 64 * 256 + 64 * 3)
    biases = 64 * 34 + 2 * 256 + 3
    assert parameters(upscaler) == weights + biases


def test_what_has_no_products_has_no_count():
    bicubic = find_method("bicubic", installed_cards()).build(4, Inference())
    assert multiply_adds(bicubic, torch.rand(1, 3, 8, 8)) is None
    assert parameters(bicubic) is None


def test_a_method_is_timed_at_every_size_and_batch():
    seen = []

    def upscale(lr, scale):
        seen.append(tuple(lr.shape))
        return lr.repeat_interleave(scale, -2).repeat_interleave(scale, -1)

    timings, problems = time_method(find_method(upscale, installed_cards()), 2, [(20, 10), (8, 6)], [1, 3], Inference())
    assert not problems
    assert [(t.width, t.height, t.batch) for t in timings] == [(20, 10, 1), (20, 10, 3), (8, 6, 1), (8, 6, 3)]
    assert set(seen) == {(1, 3, 10, 20), (3, 3, 10, 20), (1, 3, 6, 8), (3, 3, 6, 8)}
    for timing in timings:
        assert timing.seconds.count >= MIN_REPEATS
        assert timing.images_per_second == timing.batch / timing.seconds.median
        assert timing.megapixels_per_second == pytest.approx(
            timing.images_per_second * timing.width * timing.height * 4 / 1e6
        )
        assert TypeAdapter(MethodTiming).validate_json(json.dumps(timing.describe())) == timing


def test_a_method_that_does_not_upscale_is_not_timed():
    timings, problems = time_method(find_method(lambda lr: lr, installed_cards()), 2, [(8, 8)], [1], Inference())
    assert not timings
    assert problems == ["returned shape (1, 3, 8, 8), expected (1, 3, 16, 16) at 8×8, batch 1"]


def test_what_a_larger_batch_breaks_keeps_the_smaller_ones_and_the_other_sizes():
    def fails(lr, scale):
        if len(lr) > 2:
            raise RuntimeError("out of memory")
        return lr.repeat_interleave(scale, -2).repeat_interleave(scale, -1)

    method = find_method(fails, installed_cards())
    timings, problems = time_method(method, 2, [(8, 8), (6, 6)], [1, 2, 4, 8], Inference())
    assert [(t.width, t.batch) for t in timings] == [(8, 1), (8, 2), (6, 1), (6, 2)]
    assert problems == [f"raised RuntimeError: out of memory at {size}, batch 4" for size in ("8×8", "6×6")]
    _, far = time_method(find_method("nearest", installed_cards()), 2, [(900_000, 900_000)], [1], Inference())
    assert len(far) == 1
    assert "900000×900000" in far[0]


def test_a_network_that_is_frozen_as_a_whole_still_has_parameters():
    network = torch.nn.Conv2d(3, 3, 1).requires_grad_(False).eval()
    assert parameters(network) == 12


def timing(**changes):
    values = {
        "method": "a-method-of-22-letters",
        "scale": 4,
        "width": 510,
        "height": 339,
        "batch": 16,
        "precision": "fp32",
        "runtime": "eager",
        "seconds": Summary(1.234567, 1.2, 1.3, 1.23, 1.24, 9),
        "settled": True,
        "load_seconds": 0.123,
        "peak_process": 12345.6,
        "peak_device": None,
        "parameters": 43_089_923,
        "macs": 2_895_000_000_000,
    }
    return MethodTiming(**(values | changes))


def test_a_figure_that_is_not_steady_is_marked():
    steady, unsteady = timing(), timing(method="b", seconds=Summary(1.0, 0.9, 0.9 + LARGEST_SPREAD + 0.01, 1, 1, 9))
    text = timings_text([steady, unsteady], {"cores": 2})
    row = next(line for line in text.splitlines() if line.startswith("b "))
    assert "1000 !" in row
    assert "over 20 % of the median apart" in text
    restless = timings_text([timing(method="c", settled=False)], {"cores": 2})
    assert "1235 !" in restless
    alone = timings_text([steady], {"cores": 2})
    assert "!" not in alone
    assert "Measured on: cores 2." in alone


def test_tables_fit_80_columns():
    there = timing(precision="bf16", runtime="openvino", peak_device=81234.5)
    text = timings_text([timing(), there], surroundings("cpu"))
    assert max(len(line) for line in text.splitlines()) <= 80


def test_conditions_name_no_one_and_are_json():
    found = json.loads(json.dumps(surroundings("cpu")))
    assert {"processor", "cores", "threads", "torch", "clock_mhz", "load"} <= found.keys()
    assert found["threads"] == torch.get_num_threads()


def test_bench_refuses_what_it_cannot_time():
    with pytest.raises(NotApplicableError, match="edsr has no ×7"):
        bench(["edsr"], scales=[7])
    with pytest.raises(RequestError, match="precision auto"):
        bench(["edsr"], precisions=["auto"])


def test_bench_on_the_command_line(cli, tmp_path):
    words = ("bench", "--methods", "nearest,bicubic", "--size", "24x16", "--batch", "1,2", "--precision", "fp32,bf16")
    done = cli(*words, "--output", "speed.md")
    assert done.code == 0
    assert (
        sum(line.startswith("nearest ") for line in done.out.splitlines()) == 3
    )  # two batches, and what it needs; bf16 is not a kernel's
    assert "| nearest  |" in (tmp_path / "speed.md").read_text()
    found = json.loads(cli(*words, "--json").out)
    assert [(t["method"], t["batch"]) for t in found["timings"]] == [
        ("nearest", 1), ("nearest", 2), ("bicubic", 1), ("bicubic", 2)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--size", "320"), "WIDTHxHEIGHT"),
        (("--size", "0x9"), "WIDTHxHEIGHT"),
        (("--batch", "0"), "whole numbers from 1"),
        (("--batch", "1,2,1"), "1 is asked for twice"),
        (("--methods", "nearest,nearest"), "nearest is asked for twice"),
        (("--size", "20x20,20x20"), "names one twice"),
        (("--precision", "fp8"), "fp32, tf32 or bf16"),
        (("--precision", "tf32"), "needs a GPU"),
        (("--methods", "edzr"), "did you mean"),
        (("--check", "a.json", "--save", "b.json"), "choose one"),
        (("--check", "a.json", "--methods", "edsr"), "is for timing"),
        (("--save", "a.json", "--json"), "leave out --json"),
        (("--output", "nowhere/speed.md"), "cannot be written"),
        (("--check", "none.json"), "no such baseline"),
    ],
)
def test_a_wrong_request_is_one_line(cli, words, message):
    done = cli("bench", *words)
    assert done.code == 2
    assert message in done.err
    assert len(done.err.splitlines()) == 1


def test_timings_join_the_leaderboard_and_move_no_score(photos, tmp_path):
    run = {"methods": ["bicubic", "srcnn"], "datasets": str(photos), "output": tmp_path / "run"}
    plain = srbench.run(**run).leaderboard
    timed = srbench.run(**run, timing=[(24, 16)])
    assert timed.reused == len(timed.items)  # nothing was scored again
    table = timed.leaderboard
    assert table[list(plain.columns)].equals(plain)
    srcnn = table.set_index("method").loc["srcnn"]
    assert (srcnn["lr_width"], srcnn["lr_height"], srcnn["timed_in"]) == (24, 16, "fp32")
    assert srcnn["latency_p5_ms"] <= srcnn["latency_ms"] <= srcnn["latency_p95_ms"]
    assert srcnn["parameters"] == 8129
    assert srcnn["macs"] > 8000 * 24 * 16 * 16
    assert pd.isna(table.set_index("method").loc["bicubic", "macs"])
    written = pd.read_csv(tmp_path / "run" / "leaderboard.csv")
    assert list(written.columns) == list(table.columns)
    assert "## speed ×4, LR 24×16" in (tmp_path / "run" / "leaderboard.md").read_text(encoding="utf-8")


def test_timings_stay_with_the_run_until_the_method_changes(photos, tmp_path):
    mine = tmp_path / "mine.py"
    mine.write_text("def up(lr, scale):\n    return lr.repeat_interleave(scale, -2).repeat_interleave(scale, -1)\n")
    run = {"methods": ["nearest", f"{mine}:up"], "datasets": str(photos), "output": tmp_path / "run"}
    srbench.run(**run, timing=[(24, 16)])
    assert srbench.run(**run).leaderboard["latency_ms"].notna().all()
    mine.write_text(mine.read_text() + "# changed\n")
    table = srbench.run(**run).leaderboard.set_index("method")
    assert table["latency_ms"].notna().to_dict() == {"nearest": True, "mine:up": False}


def test_a_method_that_cannot_be_timed_is_named_and_the_rest_is_kept(photos, tmp_path):
    def square(lr, scale):
        if lr.shape[-2] == 19:
            raise ValueError("no 19 rows")
        return lr.repeat_interleave(scale, -2).repeat_interleave(scale, -1)

    run = srbench.run([square, "nearest"], datasets=str(photos), timing=[(20, 19)], output=tmp_path / "run")
    assert run.leaderboard.set_index("method")["latency_ms"].notna().to_dict() == {"square": False, "nearest": True}
    assert any(
        note.startswith("not timed: square ×4: raised ValueError: no 19 rows at 20×19, batch 1") for note in run.notes
    )
    assert (run.failed, run.untimed) == (0, 1)


def test_a_size_without_timing_is_refused(cli, photos):
    done = cli("run", "--methods", "nearest", "--datasets", photos, "--size", "20x20")
    assert done.code == 2
    assert "add --timing" in done.err


def test_images_made_elsewhere_are_not_timed(photos, tmp_path, cli):
    done = cli("run", "--methods", "nearest", "--datasets", photos, "--timing", "--size", "20x20,16x16")
    assert done.code == 0
    assert "speed ×4, LR 20×20" in done.out
    result = srbench.score(photos, name="hr", dataset=str(photos), scale=4, metrics="l1")
    assert "latency_ms" not in result.leaderboard
