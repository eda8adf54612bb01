"""`srbench.run` on real pixels: one pass, honest failures, resuming, and figures that can be recomputed by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest

import srbench
from srbench.errors import OutputError, StoppedError
from srbench.files import read_image, write_image
from srbench.metrics import psnr
from srbench.protocols import imresize, luma, modcrop


def repeat(lr, scale):
    return lr.repeat_interleave(scale, -2).repeat_interleave(scale, -1)


def test_a_row_recomputed_by_hand(photos):
    """The mean over images of PSNR on Y, border cut, of pixels repeated from MATLAB's LR."""
    expected = []
    for path in sorted(photos.iterdir()):
        hr = modcrop(read_image(path), 4)
        sr = imresize(hr, (hr.shape[1] // 4, hr.shape[2] // 4)).repeat(4, 1).repeat(4, 2)
        expected.append(psnr(luma(sr)[:, 4:-4, 4:-4], luma(hr)[:, 4:-4, 4:-4], data_range=255.0))
    table = srbench.run("nearest", datasets=str(photos)).leaderboard
    assert table["psnr"].item() == pytest.approx(np.mean(expected), abs=1e-12)
    assert table["images"].item() == 3
    assert table["dataset"].item() == "./photos"


def test_several_protocols_are_scored_from_one_upscaling(photos):
    calls = []

    def counted(lr, scale):
        calls.append(tuple(lr.shape))
        return repeat(lr, scale)

    protocols = ["classic-y", "rgb", "edsr-div2k", "rgb-full", "lanczos-y"]
    result = srbench.run(counted, datasets=str(photos), protocol=protocols, scale=2)
    assert len(calls) == 3 * 2  # MATLAB's LR and Pillow's, three images each
    assert len(result.leaderboard) == 5
    assert result.records.groupby("protocol")["psnr"].mean().nunique() == 5


def test_the_order_of_methods_changes_no_figure(photos):
    forward = srbench.run(["nearest", "bicubic"], datasets=str(photos)).leaderboard
    backward = srbench.run(["bicubic", "nearest"], datasets=str(photos)).leaderboard
    assert forward.equals(backward)
    assert list(forward["method"]) == ["bicubic", "nearest"]


def test_a_bad_image_fails_its_own_cells(photos):
    (photos / "broken.png").write_bytes(b"\x89PNG nothing more")
    write_image(photos / "dot.png", np.zeros((3, 1, 1), np.uint8))
    write_image(photos / "small.png", np.zeros((3, 8, 30), np.uint8))
    result = srbench.run(["nearest", "bicubic"], datasets=str(photos))
    assert result.failed == 3 * 2
    assert list(result.leaderboard["images"]) == [3, 3]
    assert list(result.leaderboard["failed"]) == [3, 3]
    text = "\n".join(result.notes)
    assert "./photos/broken: failed: broken.png: not an image" in text
    assert "./photos/dot: failed: a 1×1 image is smaller than one LR pixel at scale 4" in text
    assert "./photos/small: failed: a 28×8 image has nothing left inside a border of 4 pixels" in text
    clean = srbench.run(["nearest", "bicubic"], datasets=str(photos)).leaderboard
    assert clean["psnr"].equals(result.leaderboard["psnr"])


def test_a_bad_method_fails_its_own_cells(photos):
    def broken(lr):
        raise RuntimeError("out of ideas")

    def sometimes(lr, scale):
        return repeat(lr, scale) * (float("nan") if lr.shape[-2] == 16 else 1)

    result = srbench.run([broken, sometimes, "nearest"], datasets=str(photos), metrics="psnr")
    table = result.leaderboard.set_index("method")
    assert list(table["images"]) == [3, 0, 2]  # incomplete rows come last
    assert list(table["failed"]) == [0, 3, 1]
    assert table.index[0] == "nearest"
    assert table.loc[["broken", "sometimes"], "psnr"].isna().all()  # two images are not the others' three
    assert any("failed: raised RuntimeError: out of ideas" in note for note in result.notes)


def test_a_method_that_cannot_be_built_is_tried_once(photos, monkeypatch):
    from srbench.methods.sources.function import FunctionMethod

    tries = []

    def refuse(self, scale, device):
        tries.append(scale)
        raise srbench.errors.WeightsError("no weights")

    monkeypatch.setattr(FunctionMethod, "open", refuse)
    result = srbench.run(repeat, datasets=str(photos))
    assert result.failed == 3
    assert tries == [4]


def test_metrics_without_a_value_are_empty_with_a_reason(photos):
    result = srbench.run("nearest", datasets=str(photos), metrics=["psnr", "ms_ssim"])
    assert np.isnan(result.leaderboard["ms_ssim"].item())
    assert any("no ms_ssim" in note and "161" in note for note in result.notes)
    assert result.failed == 0


def test_a_mean_over_some_of_the_images_is_not_shown(photos, photo):
    write_image(photos / "large.png", photo(200, 200, top=0, left=0))
    result = srbench.run("nearest", datasets=str(photos), metrics=["psnr", "ms_ssim"])
    assert result.records["ms_ssim"].notna().sum() == 1
    assert result.leaderboard["ms_ssim"].isna().all()


def test_an_identical_result_has_no_psnr(tmp_path):
    write_image(tmp_path / "flat" / "a.png", np.full((3, 32, 32), 77, np.uint8))
    result = srbench.run("nearest", datasets=str(tmp_path / "flat"), metrics="psnr")
    assert result.leaderboard["psnr"].isna().all()
    assert "identical to HR" in result.notes[0]


def test_suspicious_results_are_said_loudly(tmp_path, photo):
    write_image(tmp_path / "large" / "a.png", photo(160, 160))

    def bgr(lr, scale):
        return repeat(lr, scale).flip(1)

    result = srbench.run(bgr, datasets=str(tmp_path / "large"), metrics="psnr")
    assert result.notes == ["bgr ×4 on ./large/a: suspicious: red and blue seem to be swapped (BGR for RGB)"]
    assert "BGR" in result.records["warnings"].item()


def test_a_wrong_variant_of_a_known_dataset_is_caught(tmp_path, monkeypatch, photo):
    from srbench.cards import installed_cards

    monkeypatch.setenv("SRBENCH_DATA", str(tmp_path))
    for name in installed_cards().dataset("set5").card.pixels:
        write_image(tmp_path / "Set5" / "HR" / f"{name}.png", photo())
    result = srbench.run("nearest", datasets="set5")
    assert result.failed == 5
    assert "other pixels than set5's card lists" in result.notes[0]


def given_lr(photos, change=lambda lr: lr, names=("one", "two", "three")):
    folder = photos / "HR"
    folder.mkdir()
    for path in list(photos.glob("*.png")):
        path.rename(folder / path.name)
    for name in names:
        hr = modcrop(read_image(folder / f"{name}.png"), 2)
        lr = imresize(hr, (hr.shape[1] // 2, hr.shape[2] // 2))
        write_image(photos / "LR_bicubic" / "X2" / f"{name}x2.png", change(lr))


def test_given_lr_is_used_and_compared(photos):
    given_lr(photos)
    made, given = (srbench.run("nearest", datasets=str(photos), scale=2, lr=lr) for lr in ("made", "given"))
    assert made.leaderboard["psnr"].item() == given.leaderboard["psnr"].item()
    assert given.notes == [note for note in given.notes if "ms_ssim" in note]
    assert given.leaderboard["lr"].item() == "given"


def test_given_lr_of_another_kernel_is_noticed(photos):
    given_lr(photos, change=lambda lr: np.roll(lr, 1, axis=2))
    result = srbench.run("nearest", datasets=str(photos), scale=2, lr="given", metrics="psnr")
    assert "given LR differs from the protocol's in" in result.notes[0]


def test_given_lr_missing_or_of_the_wrong_size_fails(photos):
    given_lr(photos, change=lambda lr: lr[:, 1:], names=("one", "two"))
    result = srbench.run("nearest", datasets=str(photos), scale=2, lr="given", metrics="psnr")
    assert result.failed == 3
    text = "\n".join(result.notes)
    assert "three: no LR file for ×2" in text
    assert "LR is 32×31, expected 32×32 for ×2" in text


COUNTING = """
from pathlib import Path
CALLS = Path({calls!r})
def f(lr, scale):
    CALLS.write_text(CALLS.read_text() + "x")
    return lr.repeat_interleave(scale, -2).repeat_interleave(scale, -1)
"""


def test_a_second_call_computes_nothing_and_a_changed_image_only_itself(photos, tmp_path):
    calls = tmp_path / "calls"
    calls.write_text("")
    (tmp_path / "mine.py").write_text(COUNTING.format(calls=str(calls)))
    options = {"datasets": str(photos), "output": tmp_path / "run"}
    spec = f"{tmp_path}/mine.py:f"
    first = srbench.run(spec, **options)
    second = srbench.run(spec, **options)
    assert len(calls.read_text()) == 3
    assert first.leaderboard.equals(second.leaderboard)
    write_image(photos / "one.png", 255 - read_image(photos / "one.png"))
    srbench.run(spec, **options)
    assert len(calls.read_text()) == 4
    (tmp_path / "mine.py").write_text((tmp_path / "mine.py").read_text() + "# changed\n")
    third = srbench.run(spec, **options)
    assert len(calls.read_text()) == 7
    assert len(third.items) == 3


def test_the_run_folder_says_what_the_run_was(photos, tmp_path):
    srbench.run(["bicubic", "edsr"], datasets=str(photos), protocol=["classic-y", "srcnn-y"], output=tmp_path / "run")
    run = json.loads((tmp_path / "run" / "run.json").read_text())
    assert run["schema"] == 4
    assert run["status"] == "complete"
    assert run["plan"]["methods"] == ["bicubic", "edsr"]
    assert run["datasets"]["./photos"]["images"] == ["one", "three", "two"]
    assert len(run["datasets"]["./photos"]["sha256"]) == 12
    assert run["methods"]["edsr"]["4"]["weights"] == srbench_weights()
    assert run["protocols"]["srcnn-y"]["rules"]["scoring"]["rounding"] == "uint8"
    assert run["plan"]["precision"] == "fp32"
    assert [item["method"] for item in run["refused"]] == ["edsr"]
    everything = "".join(path.read_text() for path in (tmp_path / "run").iterdir())
    assert str(tmp_path) not in everything


def srbench_weights():
    from srbench.cards import installed_cards

    return next(item.sha256 for item in installed_cards().method("edsr").card.weights if item.scale == 4)


def test_leaderboard_csv_opens_in_pandas(photos, tmp_path):
    import pandas as pd

    result = srbench.run(
        ["bicubic", "nearest"], datasets=str(photos), output=tmp_path / "run", metrics=["psnr", "rmse"]
    )
    table = pd.read_csv(tmp_path / "run" / "leaderboard.csv")
    assert ",".join(table.columns[:10]) == "method,dataset,scale,protocol,images,psnr,ssim,ms_ssim,l1,rmse"
    assert table["psnr"].to_numpy() == pytest.approx(result.leaderboard["psnr"].to_numpy(), abs=1e-6)
    assert table["ssim"].isna().all()


def test_the_same_folder_for_another_plan_is_refused(photos, tmp_path):
    srbench.run("nearest", datasets=str(photos), output=tmp_path / "run")
    with pytest.raises(OutputError, match="another plan"):
        srbench.run("nearest", datasets=str(photos), output=tmp_path / "run", scale=2)


def test_progress_is_told(photos):
    seen = []
    srbench.run(["nearest", "bicubic"], datasets=str(photos), progress=lambda done, total: seen.append((done, total)))
    assert seen == [(done, 6) for done in range(1, 7)]


def test_images_made_elsewhere_score_as_if_made_here(photos, tmp_path):
    for path in photos.iterdir():
        hr = modcrop(read_image(path), 2)
        lr = imresize(hr, (hr.shape[1] // 2, hr.shape[2] // 2))
        write_image(tmp_path / "sr" / f"{path.stem}_mine_x2.png", lr.repeat(2, 1).repeat(2, 2))
    protocols = ["classic-y", "rgb"]
    theirs = srbench.score(
        str(tmp_path / "sr"), name="mine", dataset=str(photos), scale=2, protocol=protocols
    ).leaderboard
    ours = srbench.run("nearest", datasets=str(photos), scale=2, protocol=protocols).leaderboard
    assert theirs["psnr"].tolist() == ours["psnr"].tolist()
    assert theirs["ssim"].tolist() == ours["ssim"].tolist()
    assert set(theirs["method"]) == {"mine"}


def test_a_name_that_is_taken_is_refused(photos):
    with pytest.raises(srbench.SRBenchError, match="is the name of a method"):
        srbench.score(photos, name="edsr", dataset=str(photos), scale=2)


def test_records_of_a_changed_method_are_not_passed_off_as_the_new_ones(photos, tmp_path):
    """Change the method, start again, be stopped: the table shows what was made since, none of the old three."""
    from srbench.leaderboard import collected
    from srbench.runs import open_runs

    def version(gain):
        (tmp_path / "mine.py").write_text(
            f"def f(lr, scale):\n    return {gain} * lr.repeat_interleave(scale, -2).repeat_interleave(scale, -1)\n"
        )
        return f"{tmp_path}/mine.py:f"

    options = {"datasets": str(photos), "output": tmp_path / "run", "metrics": "psnr"}
    srbench.run(version(1.0), **options)

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(StoppedError, match="run the same command again"):
        srbench.run(version(0.5), progress=stop, **options)
    board = collected(open_runs([tmp_path / "run"]))
    table, remarks = board.table, board.notes
    made = table["images"].item()
    assert 1 <= made <= 3  # scoring runs ahead of what is reported
    assert table["missing"].item() == 3 - made
    assert made == 3 or f"unfinished: {made} of 3 records" in remarks[-1]
    new = srbench.run(version(0.5), datasets=str(photos), metrics="psnr").records.set_index("image")["psnr"]
    kept = open_runs([tmp_path / "run"])[0].records
    assert {one.key.image: one.scores["psnr"] for one in kept} == {one.key.image: new[one.key.image] for one in kept}


def test_rows_of_different_images_are_not_ranked_together(photos, tmp_path):
    from srbench.leaderboard import collected
    from srbench.runs import open_runs

    srbench.run("nearest", datasets=str(photos), output=tmp_path / "first", metrics="psnr")
    write_image(photos / "one.png", 255 - read_image(photos / "one.png"))
    srbench.run("bilinear", datasets=str(photos), output=tmp_path / "second", metrics="psnr")
    board = collected(open_runs([tmp_path / "first", tmp_path / "second"]))
    table = board.table
    assert table["dataset_sha256"].nunique() == 2
    from srbench.leaderboard import to_text

    assert to_text(board).count("./photos ×4") == 2


def test_an_image_that_fails_everywhere_leaves_the_others_comparable(photos):
    (photos / "broken.png").write_bytes(b"")
    table = srbench.run(["nearest", "bicubic"], datasets=str(photos), metrics="psnr").leaderboard
    assert list(table["images"]) == [3, 3]
    assert table["psnr"].notna().all()


def test_a_grey_image_scored_from_elsewhere(tmp_path, photo):
    """Grey HR: a grey result, and an RGB one of equal planes, score alike; differing planes cannot be luma."""
    grey = photo(64, 64)[:1]
    write_image(tmp_path / "hr" / "a.png", grey)
    lr = imresize(grey, (32, 32))
    sr = lr.repeat(2, 1).repeat(2, 2)
    tinted = np.repeat(sr, 3, axis=0)
    tinted[0] += 1
    found = {}
    for name, image in {"grey": sr, "equal": np.repeat(sr, 3, axis=0), "tinted": tinted}.items():
        write_image(tmp_path / name / "a.png", image)
        found[name] = srbench.score(
            tmp_path / name,
            name=name,
            dataset=str(tmp_path / "hr"),
            scale=2,
            protocol=["srcnn-y", "classic-y"],
            metrics="psnr",
        )
    assert found["grey"].records["psnr"].tolist() == found["equal"].records["psnr"].tolist()
    assert found["tinted"].failed == 1
    assert "HR is grey, which srcnn-y reads as luma" in found["tinted"].notes[0]


def test_scored_images_claim_no_device(photos):
    sr = photos.parent / "sr"
    for path in photos.iterdir():
        image = read_image(path)
        write_image(sr / path.name, image[:, : image.shape[1] // 2 * 2, : image.shape[2] // 2 * 2])
    table = srbench.score(sr, name="theirs", dataset=str(photos), scale=2, metrics="ssim").leaderboard
    assert table["device"].item() == "elsewhere"
    assert table["precision"].item() == ""


@pytest.mark.slow
def test_the_main_jobs_memory(tmp_path):
    """Peak resident memory of the whole process, model and libraries included, stays under 1.5 GiB."""
    import subprocess
    import sys

    code = (
        "import srbench; srbench.run(['bicubic', 'edsr'], datasets='bundled', scale=4); "
        "from srbench.timing.cost import process_peak; print(process_peak())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert float(done.stdout) < 1.5 * 1024


def test_a_changed_image_is_not_shown_with_its_old_score(photos, tmp_path):
    from srbench.leaderboard import collected
    from srbench.runs import open_runs

    options = {"datasets": str(photos), "output": tmp_path / "run", "metrics": "psnr"}
    srbench.run("nearest", **options)
    for name in ("one", "two"):
        write_image(photos / f"{name}.png", 255 - read_image(photos / f"{name}.png"))

    def stop(done, total):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(StoppedError, match="run the same command again"):
        srbench.run("nearest", progress=stop, **options)
    table = collected(open_runs([tmp_path / "run"])).table
    assert table["images"].item() + table["missing"].item() == 3
    now = srbench.run("nearest", datasets=str(photos), metrics="psnr").records.set_index("image")["psnr"]
    kept = open_runs([tmp_path / "run"])[0].records
    assert {one.key.image: one.scores["psnr"] for one in kept} == {one.key.image: now[one.key.image] for one in kept}


def test_means_over_other_images_are_not_merged(photos, tmp_path):
    from srbench.leaderboard import collected
    from srbench.runs import open_runs

    def half(lr, scale):
        if lr.shape[-2] == 16:
            raise RuntimeError("no")
        return repeat(lr, scale)

    srbench.run("nearest", datasets=str(photos), output=tmp_path / "whole", metrics="psnr")
    srbench.run(half, datasets=str(photos), output=tmp_path / "part", metrics="psnr")
    table = collected(open_runs([tmp_path / "whole", tmp_path / "part"])).table
    assert table["method"].tolist() == ["nearest", "half"]
    assert table["psnr"].notna().tolist() == [True, False]


def test_runs_with_different_given_lr_are_different_data(photos, tmp_path):
    given_lr(photos)
    first = srbench.run("nearest", datasets=str(photos), scale=2, lr="given", metrics="psnr").leaderboard
    write_image(photos / "LR_bicubic" / "X2" / "onex2.png", np.zeros((3, 32, 32), np.uint8))
    second = srbench.run("nearest", datasets=str(photos), scale=2, lr="given", metrics="psnr").leaderboard
    assert first["dataset_sha256"].item() != second["dataset_sha256"].item()


def test_an_image_is_decoded_once_and_degraded_once_for_each_rule(photos, monkeypatch):
    from srbench.engine import inputs
    from srbench.protocols import DegradationRule

    calls = {"decoded": 0, "degraded": 0}

    def counting(name, real):
        def call(*arguments):
            calls[name] += 1
            return real(*arguments)

        return call

    monkeypatch.setattr(inputs, "read_identified", counting("decoded", inputs.read_identified))
    monkeypatch.setattr(DegradationRule, "degrade", counting("degraded", DegradationRule.degrade))
    methods = ["nearest", "bilinear", "bicubic"]
    srbench.run(methods, datasets=str(photos), scale=[2, 4], protocol=["classic-y", "rgb", "lanczos-y"], metrics="psnr")
    assert calls == {"decoded": 3, "degraded": 3 * 2 * 2}  # images; and scales, and MATLAB's rule and Pillow's


def test_a_run_with_failures_says_failed(photos, tmp_path):
    (photos / "broken.png").write_bytes(b"")
    srbench.run("nearest", datasets=str(photos), output=tmp_path / "run")
    assert json.loads((tmp_path / "run" / "run.json").read_text())["status"] == "failed"


@pytest.mark.parametrize("name", ["edsr", "bicubic", "", "a\nb", "mine:upscale", "edsr@srbench", "HR"])
def test_names_that_are_taken_or_unfit(photos, name):
    with pytest.raises(
        srbench.SRBenchError, match="is the name of a method|cannot name a row|is reserved for|cannot be printed"
    ):
        srbench.score(photos, name=name, dataset=str(photos), scale=2)


def test_a_callable_named_like_a_card_is_refused(photos):
    def edsr(lr, scale):
        return repeat(lr, scale)

    with pytest.raises(srbench.SRBenchError, match="'edsr' is the name of a method"):
        srbench.run(edsr, datasets=str(photos))
