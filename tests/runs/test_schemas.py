"""Run folders of earlier schemas: their scores are what they were."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import srbench
from srbench.leaderboard import collect_attributes, collected, compare_methods, comparison_text
from srbench.leaderboard.text import to_csv, to_markdown
from srbench.runs import open_run, open_runs

FOLDERS = sorted(path.parent for path in Path(__file__).parent.glob("schema-*/*/run.json"))


def test_there_are_some_of_each():
    names = [f"{folder.parent.name}/{folder.name}" for folder in FOLDERS]
    assert names == ["schema-1/classified", "schema-1/failed", "schema-1/timed", "schema-2/plain", "schema-3/plain"]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_tables_are_what_they_were(folder):
    """CSV and markdown with every note, timing and classifier score; attributes; comparisons."""
    board = collected(open_runs([folder]))
    assert to_csv(board.table) == (folder / "leaderboard.csv").read_text()
    assert to_markdown(board) == (folder / "leaderboard.md").read_text()
    if (folder / "attributes.csv").exists():
        assert to_csv(collect_attributes(open_runs([folder]))) == (folder / "attributes.csv").read_text()
    compared = [comparison_text(one) for one in compare_methods(open_run(folder), (), "psnr")]
    assert "\n\n".join(compared) + "\n" == (folder / "compare.txt").read_text()


def test_a_folder_of_schema_1_is_completed_as_one_of_schema_4(photos, tmp_path):
    """Its records are of other code, and made anew."""
    folder = tmp_path / "run"
    made = srbench.run("nearest", datasets=str(photos), metrics=["psnr", "ssim"], output=folder)
    path = folder / "run.json"
    described = json.loads(path.read_text()) | {"schema": 1}
    del described["metrics"]
    path.write_text(json.dumps(described))
    assert open_run(folder).description.plan == made.description.plan
    again = srbench.run("nearest", datasets=str(photos), metrics=["psnr", "ssim"], output=folder)
    assert again.reused == 3
    assert '"schema": 4' in path.read_text()
