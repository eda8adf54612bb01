"""Methods that raise, return what is no image, or change the process: only their own records fail.

The methods of a table run together, which is quick; `-m slow` runs each alone.
"""

from __future__ import annotations

import locale
import re
import signal
import sys
import warnings
from pathlib import Path

import method_files
import pytest
import torch
from method_files import FAILING, HARMLESS, IMPORTED, OUT, SUSPICIOUS, file, returning
from PIL import Image, ImageFile
from planted import METHODS, answered, of, records, row, run_of, scores

from srbench.isolation import products

pytestmark = pytest.mark.filterwarnings("ignore")  # a method's own
TABLES = {"failing": FAILING, "harmless": HARMLESS, "suspicious": SUSPICIOUS}
ALL = [
    row(f"{kind}-{one.id}", (kind, one.id, one.values[0]), *one.values[1:]) for kind in TABLES for one in TABLES[kind]
]


def state():
    """What a method may change of the process, and must not."""
    return {
        "folder": str(Path.cwd()),
        "path": list(sys.path),
        "streams": (sys.stdin, sys.stdout, sys.stderr),
        "hooks": (sys.excepthook, sys.gettrace(), sys.getprofile(), warnings.showwarning),
        "recursion": sys.getrecursionlimit(),
        "signals": signal.getsignal(signal.SIGINT),
        "errors": [one for one in warnings.filters if one[0] == "error"],
        "torch": (torch.get_default_dtype(), torch.get_default_device(), torch.get_num_threads()),
        "products": str(products(torch)).replace("none", "ieee"),  # float32 as it is, by either word
        "modes": (
            torch.is_grad_enabled(),
            torch.are_deterministic_algorithms_enabled(),
            torch.is_autocast_enabled("cpu"),
        ),
    }


@pytest.fixture(scope="module")
def together(undisturbed, tmp_path_factory):
    """Run all methods of a table between two others; give what was answered, and the records."""
    done = {}

    def run(kind, cli):
        if kind not in done:
            place = tmp_path_factory.mktemp(kind)
            (place / "photos").symlink_to(undisturbed / "photos")
            done[kind] = ran(cli, place, {one.id: one.values[0] for one in TABLES[kind]})
        return done[kind]

    return run


def ran(cli, place, files):
    """Run methods in a folder; the process must be as before."""
    for name, text in files.items():
        (place / f"{name}.py").write_text(text)
    before, language = state(), locale.setlocale(locale.LC_ALL)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        patch.setenv("HOME", str(place))
        # Changed by methods, and set by srbench only while it decodes.
        patch.setattr("PIL.Image.MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)
        patch.setattr("PIL.ImageFile.LOAD_TRUNCATED_IMAGES", ImageFile.LOAD_TRUNCATED_IMAGES)
        here = before | {"folder": str(Path.cwd())}
        answer = cli(*run_of(METHODS[0], *(f"./{name}.py:f" for name in files), *METHODS[1:]))
        assert state() == here
    locale.setlocale(locale.LC_ALL, language)
    return answer, records(place / "run")


def check(kind, name, answer, found, expected, line):
    """The records of one method are as its table says, and those of the others as if it were not there."""
    assert of(found, *METHODS) == of(expected, *METHODS)
    own = of(found, f"{name}:f").values()
    assert len(own) == 3
    if kind == "failing":
        assert {record["status"] for record in own} == {"failed"}
        for record in own:
            assert method_files.matches(line, record["error"]), record["error"]
            assert f"failed: {record['error']}" in answer.err
            assert record["error"].isprintable()
            assert len(record["error"]) < 400
    elif kind == "harmless":
        assert scores(found, f"{name}:f") == scores(expected, "sound:f")
        assert [record["warnings"] for record in own] == [[]] * 3
    else:
        assert any(method_files.matches(line, " ".join(record["warnings"])) for record in own), own


@pytest.mark.parametrize(("planted", "code", "line"), ALL)
def test_a_method_concerns_its_own_records_alone(cli, together, expected, planted, code, line):
    kind, name, _ = planted
    answer, found = together(kind, cli)
    answered(answer, code, "")
    check(kind, name, answer, found, expected, line)


@pytest.mark.slow
@pytest.mark.parametrize(("planted", "code", "line"), ALL)
def test_alone_too(cli, place, expected, planted, code, line):
    kind, name, text = planted
    answer, found = ran(cli, place, {name: text})
    answered(answer, code, "")
    check(kind, name, answer, found, expected, line)


@pytest.mark.parametrize(("text", "code", "line"), IMPORTED)
def test_a_file_that_is_no_method_stops_the_run_before_it_starts(refused, place, text, code, line):
    (place / "mine.py").write_bytes(text.encode() if isinstance(text, str) else text)
    refused(code, line, *run_of(METHODS[0], "./mine.py:f"))


def test_ctrl_c_in_a_method_keeps_what_was_scored(cli, place, expected):
    head = "N = []"
    (place / "mine.py").write_text(
        file("if N.append(1) or len(N) == 2: raise KeyboardInterrupt", f"return {OUT}", head=head)
    )
    command = run_of(METHODS[0], "./mine.py:f", METHODS[1])
    answered(cli(*command), 130, "^error: interrupted; what was scored is kept in run: run the same command again to")
    kept = of(records(place / "run", once=False), *METHODS)
    assert {key: expected[key] for key in kept} == kept
    assert kept
    answered(cli(*command), 130, "interrupted")  # the second image of what was left
    answered(cli(*command), 0, "[5-8] of 9 records were finished before")
    assert of(records(place / "run"), *METHODS) == of(expected, *METHODS)


WRAPPED = "f.receptive_radius = 1\nf.scales = (2,)\n"


@pytest.mark.parametrize("wrapper", ["ensemble", "tile", "correct", "ensemble+tile"])
def test_wrappers_of_methods_that_share_memory(cli, place, wrapper):
    """One buffer again and again, and an input that is changed, give what a sound method gives."""
    files = {one.id: one.values[0] for one in HARMLESS}
    for name, text in {"sound": returning(OUT), **files}.items():
        (place / f"{name}.py").write_text(f"{text}\n{WRAPPED}")
    names = ["sound", "one_buffer_again", "changes_its_input", "negative_bit", "expanded_view"]
    done = cli(*run_of(*(f"./{name}.py:f+{wrapper}" for name in names)))
    answered(done, 0, "")
    found = records(place / "run")
    assert len(found) == 3 * len(names)
    for name in names:
        assert scores(found, f"{name}:f+{wrapper}") == scores(found, f"sound:f+{wrapper}"), name


DISTURBING = [
    row("deletes_the_folder", "import shutil; shutil.rmtree('run')", 0, "run was deleted during the run; its records"),
    row("moves_the_folder", "os.rename('run', 'elsewhere')", 0, "run was deleted during the run; its records"),
    row("deletes_the_records", "os.remove(R)", 0, "run was deleted during the run"),
    row("deletes_run_json", "os.remove('run/run.json')", 0, ""),
    row("spoils_run_json", "open('run/run.json', 'w').write('{')", 0, ""),
    row("leaves_files", "open('run/mine.txt', 'w').write('x')", 0, ""),
    row("replaces_the_records", "os.remove(R); open(R, 'w').write('x')", 0, "records.jsonl was changed during the run"),
    row("cuts_the_records", "os.truncate(R, 10)", 0, "records.jsonl was changed during the run; its records are writt"),
    row("empties_the_records", "os.truncate(R, 0)", 0, "records.jsonl was changed during the run"),
    row("adds_to_the_records", "open(R, 'a').write('noise')", 0, "records.jsonl was changed during the run"),
]


@pytest.mark.parametrize(("statement", "code", "line"), DISTURBING)
def test_a_method_that_disturbs_the_run_folder_loses_no_record(cli, place, expected, statement, code, line):
    once = f"if N.append(1) or len(N) == 2:\n        {statement}"
    (place / "mine.py").write_text(file(once, f"return {OUT}", head="N, R = [], 'run/records.jsonl'"))
    done = cli(*run_of(METHODS[0], "./mine.py:f", METHODS[1]))
    answered(done, code, line)
    assert of(records(place / "run"), *METHODS) == of(expected, *METHODS)
    again = cli(*run_of(METHODS[0], "./mine.py:f", METHODS[1]))
    # The method itself runs again where it names a file of the run folder, which is another file now.
    assert re.search("^note: [6-9] of 9 records were finished before", again.err, re.MULTILINE), again.err
