"""Reports as rows: figures as they were given, ours beside them where a run has them, and blanks where it has not."""

from __future__ import annotations

import pandas as pd
import pytest

from srbench.cards import ReportCard, installed_cards
from srbench.harness.literature.reported import report_page

CARD = ReportCard.model_validate(
    {
        "name": "theirs",
        "title": "Their system",
        "summary": "It was said to be good.",
        "protocol": "rgb-full",
        "methods": ("edsr", "bicubic"),
        "rival": "bicubic",
        "figures": (
            {"method": "edsr", "label": "model", "dataset": "set5", "scale": 2, "psnr": 31.5},
            {"method": "edsr", "dataset": "set5", "image": "baby", "scale": 2, "psnr": 33.0},
            {"method": "edsr", "dataset": "div2k", "scale": 2, "psnr": 28.43},
        ),
    }
)


def frames():
    base = {"dataset": "set5", "scale": 2, "protocol": "rgb-full"}
    records = pd.DataFrame(
        [
            {**base, "method": method, "image": image, "psnr": value}
            for method, image, value in (
                ("edsr", "baby", 37.111),
                ("edsr", "bird", 39.0),
                ("bicubic", "baby", 36.0),
                ("bicubic", "bird", 40.0),
            )
        ]
    )
    table = pd.DataFrame(
        [
            {**base, "method": "edsr", "psnr": 38.056, "ssim": 0.95},
            {**base, "method": "bicubic", "psnr": 38.0, "ssim": 0.9},
            {**base, "method": "lanczos", "psnr": 99.0, "ssim": 0.9},
        ]
    )
    return table, records


def test_figures_stand_beside_ours():
    page = report_page([CARD], *frames())
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines() if line.startswith("|")]
    assert ["model", "set5 ×2", "31.50", "38.06", "edsr"] in rows
    assert ["edsr", "set5/baby ×2", "33.00", "37.11", "edsr"] in rows
    assert ["edsr", "div2k ×2", "28.43", "", "edsr"] in rows
    assert "better PSNR than bicubic on 1 of 2 images of set5 ×2" in page
    assert "99.00" not in page


def test_a_name_with_a_bar_stays_in_its_cell():
    table, records = (frame.replace("set5", "./a|b") for frame in frames())
    page = report_page([CARD], table, records)
    assert any(line.split(" | ")[1:3] == ["./a\\|b ×2", "rgb-full  "] for line in page.splitlines())
    assert "1 of 2 images of ./a\\|b ×2" in page


def test_methods_that_were_not_run_are_said_so():
    table, records = frames()
    page = report_page([CARD], table[table["method"] == "lanczos"], records[:0])
    assert "None of its methods is in the runs." in page


@pytest.mark.parametrize("name", sorted(installed_cards().reports))
def test_report_cards_name_methods_and_protocols_there_are(name):
    from srbench.methods import find_method

    card = installed_cards().reports[name].card
    assert card.protocol in installed_cards().protocols
    for method in {*card.methods, *(figure.method for figure in card.figures), card.rival} - {None}:
        assert find_method(method, installed_cards()).name == method


def test_the_verb_writes_a_page(cli, tmp_path, photos):
    assert cli("run", "--methods", "bilinear", "--scale", 2, "--datasets", photos, "--output", "run").code == 0
    done = cli("reports", "run", "--output", "page")
    assert done.code == 0
    assert "./photos ×2 | classic-y" in (tmp_path / "page" / "reports.md").read_text()
    assert cli("reports", "nowhere", "--output", "page").code == 2
    arguments = ["--scale", 2, "--datasets", photos, "--metrics", "ssim", "--output", "without"]
    assert cli("run", "--methods", "bilinear", *arguments).code == 0
    refused = cli("reports", "without", "--output", "page")
    assert refused.code == 2
    assert "no PSNR in it; run with --metrics psnr,ssim" in refused.err
