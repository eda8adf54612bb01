"""What a fingerprint holds: the engine's code, what a module may import, and the files that code was seen to read."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

import srbench
from srbench.files import file_sha256, import_closure, numbers_code, opened_files, present_hashes, recorded_file
from srbench.files.identity import fingerprint

PACKAGE = Path(srbench.__file__).parent
MODULES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))
EXEMPT = tuple(fingerprint._EXEMPT)


def is_exempt(module):
    return any(module == name or module.startswith(f"{name}/") for name in EXEMPT)


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    copy = tmp_path_factory.mktemp("engine") / "srbench"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def fresh(package):
    numbers_code.cache_clear()
    return numbers_code(package)


def test_every_change_of_a_module_that_decides_numbers_is_noticed_and_no_other(package):
    before = fresh(package)
    noticed = set()
    for module in MODULES:
        path = package / module
        text = path.read_bytes()
        path.write_bytes(text + b"\n# changed\n")
        if fresh(package) != before:
            noticed.add(module)
        path.write_bytes(text)
    assert fresh(package) == before
    assert noticed == {module for module in MODULES if not is_exempt(module)}
    assert {
        "isolation.py",
        "parallel.py",
        "protocols/resize.py",
        "metrics/fidelity/psnr.py",
        "files/codec.py",
    } <= noticed
    assert {"engine/local.py", "methods/upscale.py", "methods/wrappers/ensemble.py", "cards/protocol.py"} <= noticed


def test_a_new_and_a_removed_module_are_noticed(package):
    before = fresh(package)
    (package / "metrics" / "new.py").write_text("")
    assert fresh(package) != before
    (package / "metrics" / "new.py").unlink()
    (package / "metrics" / "fidelity" / "psnr.py").rename(package / "psnr.kept")
    assert fresh(package) != before
    (package / "psnr.kept").rename(package / "metrics" / "fidelity" / "psnr.py")
    assert fresh(package) == before


@pytest.mark.parametrize("name", EXEMPT)
def test_each_exemption_has_a_reason_and_must_exist(package, name):
    assert fingerprint._EXEMPT[name]
    path = package / name
    path.rename(package / "away")
    with pytest.raises(RuntimeError, match="is exempt from fingerprints, but does not exist"):
        fresh(package)
    (package / "away").rename(path)


@pytest.fixture
def sources(tmp_path, monkeypatch):
    """A user's file with modules beside it, a package, and a folder of its own on the path."""
    beside, elsewhere = tmp_path / "mine", tmp_path / "elsewhere"
    files = {
        beside / "mine.py": (
            "import os, json, numpy, beside, plain.part\n"
            "from plain import other\n"
            "WEIGHTS = 'weights.bin'\n"
            "def f(lr):\n"
            "    import late, safetensors.torch\n"
            "    return os.environ['MINE'], os.getenv('OTHER', '1'), os.environ.get('THIRD')\n"
        ),
        beside / "beside.py": "from importlib import import_module\nimport_module('by_name')\nimport mine\n",
        beside / "by_name.py": "",
        beside / "late.py": "import far\n",
        beside / "unused.py": "",
        beside / "weights.bin": "1",
        beside / "plain" / "__init__.py": "",
        beside / "plain" / "part.py": "from . import third\nfrom .. import nothing\n",
        beside / "plain" / "other.py": "",
        beside / "plain" / "third.py": "def broken(:",
        beside / "plain" / "fourth.py": "",
        elsewhere / "far.py": "",
    }
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.syspath_prepend(str(elsewhere))
    return beside


def test_a_closure_has_what_may_be_imported_and_named_and_nothing_else(sources):
    closure = import_closure(sources / "mine.py")
    names = {path.relative_to(sources.parent).as_posix() for path in closure.files}
    assert names == {
        *("mine/mine.py", "mine/beside.py", "mine/by_name.py", "mine/late.py", "mine/weights.bin", "elsewhere/far.py"),
        *("mine/plain/__init__.py", "mine/plain/part.py", "mine/plain/other.py", "mine/plain/third.py"),
    }
    assert "safetensors" in closure.modules
    assert not closure.modules & {"os", "json", "beside", "plain"}
    assert closure.variables == {"MINE", "OTHER", "THIRD"}
    assert not closure.other_variables


def test_libraries_and_variables_are_described(sources, monkeypatch):
    closure = import_closure(sources / "mine.py")
    monkeypatch.delenv("MINE", raising=False)
    before = closure.describe(sources)
    assert "library safetensors" in before
    assert not any("numpy" in name for name in before)  # its version is in every fingerprint
    for value in ("", "a", "b"):
        monkeypatch.setenv("MINE", value)
        after = closure.describe(sources)
        assert after["variable MINE"] != before["variable MINE"]
        assert {name for name in after if after[name] != before[name]} == {"variable MINE"}
        before = after


@pytest.mark.parametrize(
    "text",
    [
        "import os\nname = 'X'\nos.environ[name]",
        "import os\ndict(os.environ)",
        "from os import getenv\ngetenv(input())",
        "from os import environ as e\ne['X']\nimport os\nfor x in os.environ: pass",
    ],
)
def test_variables_of_unknown_names_are_known_to_be_there(tmp_path, text):
    (tmp_path / "mine.py").write_text(text)
    closure = import_closure(tmp_path / "mine.py")
    assert closure.other_variables
    assert closure.describe(tmp_path)["variables"] == "others"


def test_a_shipped_network_does_not_depend_on_training():
    models = next(Path(path) for path in sys.path if (Path(path) / "srbench_models").is_dir()) / "srbench_models"
    names = {
        path.relative_to(models).as_posix() for path in import_closure(models / "edsr" / "upscaler.py", models).files
    }
    assert {"edsr/upscaler.py", "edsr/network.py", "weights.py", "__init__.py"} <= names
    assert not any(name.startswith(("training", "srgan", "srcnn", "classifiers")) for name in names)


def test_files_that_are_read_are_seen_and_those_that_are_written_are_not(tmp_path, monkeypatch):
    for name in ("text.json", "plain.npy", "module_seen_once.py", "in_a_thread"):
        (tmp_path / name).write_bytes(b"")
    np.save(tmp_path / "plain.npy", np.zeros(2))
    monkeypatch.syspath_prepend(str(tmp_path))
    with opened_files() as seen:
        (tmp_path / "text.json").read_text()
        np.load(tmp_path / "plain.npy")
        import module_seen_once  # noqa: F401

        thread = threading.Thread(target=lambda: (tmp_path / "in_a_thread").read_bytes())
        thread.start()
        thread.join()
        (tmp_path / "own").write_text("1")
        (tmp_path / "own").read_text()
        (tmp_path / "gone").write_text("1")
        (tmp_path / "gone").unlink()
        Path(np.__file__).read_bytes()
        Path(srbench.__file__).read_bytes()
    (tmp_path / "in_a_thread").read_text()  # outside: nothing is added
    names = {recorded_file(name).name for name in seen}
    assert names == {"text.json", "plain.npy", "module_seen_once.py", "in_a_thread"}
    assert "module:module_seen_once" in seen
    found = {Path(name).name: sha256 for name, sha256 in seen.items()}
    assert found["plain.npy"] == file_sha256(tmp_path / "plain.npy")
    del sys.modules["module_seen_once"]


def test_recorded_files_that_change_or_go_are_told_from_those_that_stay(tmp_path):
    for name in "abc":
        (tmp_path / name).write_text(name)
    with opened_files() as seen:
        for name in "abc":
            (tmp_path / name).read_text()
    assert present_hashes(seen) == seen
    (tmp_path / "a").write_text("other")
    (tmp_path / "b").unlink()
    now = present_hashes(seen)
    assert {Path(name).name for name in seen if now[name] != seen[name]} == {"a", "b"}


def test_a_home_folder_is_not_revealed(tmp_path, monkeypatch):
    (tmp_path / "weights").write_text("1")
    code = (
        "import pathlib\nfrom srbench.files import opened_files\n"
        "with opened_files() as seen: pathlib.Path.home().joinpath('weights').read_text()\nprint(list(seen))"
    )
    monkeypatch.setenv("HOME", str(tmp_path))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['~/weights']"
