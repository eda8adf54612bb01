"""`verify` must be able to fail: figures that are off, images that fail, nothing to check."""

from __future__ import annotations

import pytest

from srbench.cards import installed_cards
from srbench.files import write_image
from srbench.harness.literature.verify import Check, Verification, compared, verify


def check(got, expected=28.42, tolerance=0.01):
    return Check("bicubic", "set5", 4, "srcnn-y", "psnr", "published", "paper", expected, tolerance, got)


@pytest.mark.parametrize(
    ("got", "passed"), [(28.42, True), (28.43, True), (28.41, True), (28.4301, False), (None, False)]
)
def test_both_ends_of_the_tolerance_pass(got, passed):
    assert check(got).passed is passed


def test_nothing_checked_is_no_pass():
    assert not Verification((), ("everything",)).passed
    assert Verification((check(28.42),), ()).passed
    assert not Verification((check(28.42), check(30.0)), ()).passed


def test_a_dataset_of_other_pixels_does_not_pass(tmp_path, monkeypatch, photo):
    monkeypatch.setenv("SRBENCH_DATA", str(tmp_path))
    for name in installed_cards().dataset("set5").card.pixels:
        write_image(tmp_path / "Set5" / "HR" / f"{name}.png", photo())
    outcome = verify(device="cpu")
    assert not outcome.passed
    assert {item.got for item in outcome.checks} == {None}
    assert any(reason.startswith("bicubic on set14: set14: not imported") for reason in outcome.skipped)


def test_a_damaged_dataset_fails_its_figures(tmp_path, monkeypatch, photo):
    monkeypatch.setenv("SRBENCH_DATA", str(tmp_path))
    write_image(tmp_path / "Set5" / "HR" / "baby.png", photo())
    outcome = verify(device="cpu")
    assert not outcome.passed
    assert len(outcome.checks) == 12
    assert any("missing bird, butterfly, head, woman" in reason for reason in outcome.skipped)


def test_a_figure_without_a_value_is_no_nan():
    blocks = list(installed_cards().method("bicubic").card.published)
    found = list(compared("bicubic", "srcnn-y", blocks, [4], {4: {"psnr": float("nan"), "ssim": float("nan")}}))
    assert {(item.got, item.passed) for item in found} == {(None, False)}
