"""Packs of others that are broken: each is left out with a note, and everything else works as without it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from planted import METHODS, Outcome, answered, of, records, row, run_of

from srbench.cards import installed_cards

NEAREST = installed_cards().method("nearest").path.read_text()


def card(name="theirs", factory="bad_pack.code:create", more=""):
    head = NEAREST.replace('name = "nearest"', f'name = "{name}"')
    lines = [f'factory = "{factory}"' if line.startswith("factory") else line for line in head.splitlines()]
    return "\n".join(lines) + f"\n{more}"


CODE = """from torch.nn.functional import interpolate
def create(request):
    return lambda lr: interpolate(lr, scale_factor=request.scale)
"""
PACKS = [
    row(
        "no TOML",
        {"card.toml": "[method]\nname = 'theirs'\nscales = [2\n"},
        0,
        "is left out: .*cannot be read as a card",
    ),
    row(
        "not UTF-8", {"card.toml": b"[method]\nname = '\xff'\n"}, 0, "is left out: .*cannot be read as a card .'utf-8'"
    ),
    row("binary", {"card.toml": b"\x89PNG\0"}, 0, "is left out: .*cannot be read as a card"),
    row("empty card", {"card.toml": ""}, 0, "is left out: .*a card holds exactly one of the tables"),
    row("two kinds", {"card.toml": "[method]\nname='x'\n[dataset]\nname='y'\n"}, 0, "exactly one of the tables"),
    row("unknown field", {"card.toml": card(more="colr = 'y'")}, 0, "is left out: .*colr: Extra inputs"),
    row("no fields", {"card.toml": "[method]\n"}, 0, "is left out: .*Field required"),
    row("nested", {"card.toml": f"[method]\nname = 'x'\nscales = {'[' * 10_000}\n"}, 0, "cannot be read as a card"),
    row("no card", {}, 0, r"is left out: holds no card.toml or \*.card.toml; is it packaged"),
    row("card is a folder", {"card.toml/x": ""}, 0, "is left out: .*cannot be read as a card .*directory"),
    row("one name twice", {"a.card.toml": card(), "b.card.toml": card()}, 0, "'theirs' is the name of two cards"),
    row(
        "name of srbench",
        {"card.toml": card("bicubic")},
        0,
        "'bicubic' is claimed by two packs: .*srbench's own is used",
    ),
    row("sound", {"card.toml": card(), "code.py": CODE}, 0, ""),
]
"""Files of a pack, and the note on a run of other methods."""

OWN = [
    row("no module", {"card.toml": card()}, 1, "cannot load bad_pack.code:create: ModuleNotFoundError"),
    row(
        "no function",
        {"card.toml": card(), "code.py": "x = 1\n"},
        1,
        "cannot load bad_pack.code:create: AttributeError",
    ),
    row(
        "import raises",
        {"card.toml": card(), "code.py": "raise OSError('no\\nlib')"},
        1,
        "OSError: no lib; repair the pack",
    ),
    row("import exits", {"card.toml": card(), "code.py": "raise SystemExit(0)"}, 1, "SystemExit: 0; repair the pack"),
    row(
        "import moves away", {"card.toml": card(), "code.py": "import os\nos.chdir('/')\n1 / 0"}, 1, "ZeroDivisionError"
    ),
    row("syntax error", {"card.toml": card(), "code.py": "def f(:"}, 1, "SyntaxError"),
    row(
        "factory raises",
        {"card.toml": card(), "code.py": "def create(request): raise ValueError('no')"},
        1,
        "ValueError: no",
    ),
    row(
        "factory exits",
        {"card.toml": card(), "code.py": "def create(request): raise SystemExit(0)"},
        1,
        "SystemExit: 0",
    ),
    row("factory returns none", {"card.toml": card(), "code.py": "def create(request): pass"}, 1, "failed: "),
    row("card broken", {"card.toml": card(more="colr = 'y'")}, 2, "method 'theirs' is in pack bad .*which is left out"),
]
"""Files of a pack, and the line on a run of its method."""


def installed(site: Path, files: dict[str, str | bytes]) -> dict[str, str]:
    """Put a distribution with a pack where Python finds it; return the environment."""
    information = site / "bad_pack-1.0.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: bad-pack\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text("[srbench.packs]\nbad = bad_pack\n")
    (site / "bad_pack").mkdir()
    (site / "bad_pack" / "__init__.py").touch()
    for name, content in files.items():
        path = site / "bad_pack" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH")]))}


def ran(place, environment, *words):
    done = subprocess.run(
        [sys.executable, "-m", "srbench", *words],
        cwd=place,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


@pytest.mark.slow
@pytest.mark.parametrize(("files", "code", "line"), PACKS)
def test_a_broken_pack_disables_nothing_but_itself(place, tmp_path, expected, files, code, line):
    environment = installed(tmp_path / "site", files)
    done = ran(place, environment, *run_of())
    answered(done, code, line)
    assert {key: one["scores"] for key, one in records(place / "run").items()} == {
        key: one["scores"] for key, one in of(expected, *METHODS).items()
    }
    assert ("note: pack bad (bad-pack 1.0) is left out" in done.err) is bool(line)


@pytest.mark.slow
@pytest.mark.parametrize(("files", "code", "line"), OWN)
def test_a_method_of_a_broken_pack_is_named(place, tmp_path, expected, files, code, line):
    environment = installed(tmp_path / "site", files)
    done = ran(place, environment, *run_of(METHODS[0], "theirs", METHODS[1]))
    answered(done, code, line)
    assert (place / "run").exists() is (code == 1)
    if code == 1:
        found = {key: one["scores"] for key, one in of(records(place / "run"), *METHODS).items()}
        assert found == {key: one["scores"] for key, one in of(expected, *METHODS).items()}
