"""Run folders that were damaged or altered: one line each, no other figure, and the same command completes them."""

from __future__ import annotations

import copy
import json
import shutil

import pytest
from damaged_runs import DESCRIPTION, FIRST, IMAGES, RECORDS, UNREADABLE
from planted import METHODS, answered, in_process, records, run_of

from srbench.errors import StoreError
from srbench.runs.reading import read_description

COMMAND = [*run_of(*METHODS), "--save-images"]


@pytest.fixture(scope="module")
def whole(undisturbed, tmp_path_factory):
    """A run with saved images, and its table."""
    place = tmp_path_factory.mktemp("whole")
    shutil.copytree(undisturbed / "photos", place / "photos")
    assert in_process(place, COMMAND).exit_code == 0
    return place


@pytest.fixture
def folder(whole, tmp_path):
    """A copy of the run, beside the same photographs."""
    (tmp_path / "photos").symlink_to(whole / "photos")
    return shutil.copytree(whole / "run", tmp_path / "run")


def figures(done):
    """Figures by method of a leaderboard in JSON, where there are any."""
    return {one["method"]: (one["psnr"], one["ssim"]) for one in json.loads(done.out) if one["psnr"] is not None}


@pytest.fixture(scope="module")
def table(whole):
    done = in_process(whole, ["leaderboard", "run", "--json"])
    return {one["method"]: (one["psnr"], one["ssim"]) for one in json.loads(done.stdout)}


@pytest.mark.parametrize(("plant", "code", "line"), [*DESCRIPTION, *UNREADABLE])
def test_a_folder_that_cannot_be_read_is_one_line(cli, folder, plant, code, line):
    plant(folder)
    answered(cli("leaderboard", "run"), code, line)


@pytest.mark.parametrize(("plant", "code", "line"), RECORDS)
def test_altered_records_count_in_no_figure(cli, folder, table, plant, code, line):
    plant(folder)
    done = cli("leaderboard", "run", "--json")
    answered(done, code, line)
    assert figures(done).items() <= table.items() or "unfinished: 4 of 6 records" in done.err


@pytest.mark.parametrize(("plant", "code", "line"), [*RECORDS[::4], *IMAGES[::3]])
def test_the_same_command_completes_the_folder(cli, folder, whole, table, plant, code, line):
    plant(folder)
    assert cli(*COMMAND).code == 0
    expected, found = records(whole / "run"), records(folder, once=False)
    assert {key: record for key, record in found.items() if key in expected} == expected  # of others it may hold more
    assert figures(cli("leaderboard", "run", "--json")) == table
    assert (folder / FIRST).read_bytes() == (whole / "run" / FIRST).read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize(("plant", "code", "line"), [*RECORDS, *IMAGES])
def test_the_same_command_completes_every_folder(cli, folder, whole, table, plant, code, line):
    test_the_same_command_completes_the_folder(cli, folder, whole, table, plant, code, line)


@pytest.mark.parametrize(("plant", "code", "line"), IMAGES)
def test_a_page_says_which_image_it_lacks(cli, folder, plant, code, line):
    plant(folder)
    answered(cli("report", "run", "-o", "page.html"), code, line)


@pytest.mark.slow
@pytest.mark.parametrize(
    "command", [["compare", "run"], ["plot", "run", "-o", "plot.png"], ["report", "run", "-o", "page.html"], COMMAND]
)
@pytest.mark.parametrize(("plant", "code", "line"), [*DESCRIPTION, *UNREADABLE])
def test_no_verb_reads_it(cli, folder, command, plant, code, line):
    plant(folder)
    if command is COMMAND and code == 2:
        pytest.skip("a run writes a folder that is not there")
    done = cli(*command)
    answered(done, code, line)
    assert not (folder.parent / command[-1]).is_file()


WRONG = [None, 7, -1, 10**30, 1.5, True, "text", "", "\ud800", [], {}, [1], ["x"], {"a": 1}]


def places(found, keys=()):
    """Every key of nested mappings, and the first item of lists."""
    items = found.items() if isinstance(found, dict) else list(enumerate(found[:1])) if isinstance(found, list) else []
    for key, inner in items:
        yield (*keys, key)
        yield from places(inner, (*keys, key))


@pytest.mark.parametrize("wrong", WRONG, ids=[repr(wrong)[:10] for wrong in WRONG])
def test_a_wrong_value_at_any_key_is_one_line_or_a_value_of_its_kind(whole, wrong):
    described = json.loads((whole / "run" / "run.json").read_text())
    for keys in places(described):
        planted = copy.deepcopy(described)
        at = planted
        for key in keys[:-1]:
            at = at[key]
        before, at[keys[-1]] = at[keys[-1]], wrong
        problem = refusal(json.dumps(planted))
        assert problem.isprintable(), keys
        assert len(problem) < 300, keys
        # Rules are those of any version; a yes is also a 1, and what is not known yet is null.
        assert problem or {"rules", "asked"} & set(keys) or wrong in (True, None) or type(wrong) is type(before), keys


def refusal(text):
    """Why a run.json is refused; empty if it is not."""
    try:
        read_description(text)
    except StoreError as error:
        return str(error)
    return ""
