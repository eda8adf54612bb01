"""The house: rooms import rooms only downwards and by their public names, and none is crowded."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path

import pytest

import srbench

ROOT = Path(srbench.__file__).parent
LAYERS = [
    {"cli"},
    {"harness"},
    {"report"},
    {"leaderboard", "engine", "timing"},
    {"runs", "methods", "datasets", "classifiers"},
    {"protocols", "metrics"},
    {"cards", "files"},
    {"api", "isolation", "parallel"},
    {"errors"},
]
FLOOR = {room: len(LAYERS) - number for number, layer in enumerate(LAYERS) for room in layer}
ROOMS = sorted(room for room in FLOOR if (ROOT / room).is_dir())
FILES = [path for path in ROOT.rglob("*.py") if path.parent != ROOT or path.stem in FLOOR]
MOST_ARROWS = 88  # six of them to `isolation`, which stands below the rooms as `errors` does
MOST_FILES = 9
MOST_LINES = 260
MOST_LINES_OF_A_FUNCTION = 60


def room_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imports():
    """Importing file, its room, imported room, the module as written, and the names."""
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("srbench."):
                other = node.module.split(".")[1]
                if other != room_of(path):
                    yield path, room_of(path), other, node.module, [alias.name for alias in node.names]


def test_arrows_between_rooms_are_few_and_none_leads_up():
    arrows = {(room, other) for _, room, other, _, _ in imports()}
    assert all(FLOOR[other] < FLOOR[room] for room, other in arrows)
    assert len(arrows) <= MOST_ARROWS, sorted(arrows)


@pytest.mark.parametrize("room", [room for room in ROOMS if room not in ("harness", "cli")])
def test_a_room_is_imported_only_by_its_public_names(room):
    public = import_module(f"srbench.{room}").__all__
    assert len(set(public)) == len(public)
    for path, _, other, module, names in imports():
        if other == room:
            assert module == f"srbench.{room}", path
            assert set(names) <= set(public), path


@pytest.mark.parametrize("room", ROOMS)
def test_public_names_are_there_and_are_no_files(room):
    """A lazily imported name that equals a file of its room would be the function once and the module afterwards."""
    module = import_module(f"srbench.{room}")
    for name in getattr(module, "__all__", ()):
        assert not isinstance(getattr(module, name), type(ast)), name
        assert getattr(module, name) is getattr(module, name)


def test_no_folder_is_crowded():
    folders = {path.parent for path in FILES} - {ROOT, ROOT / "cli" / "verbs"}
    counts = {str(folder.relative_to(ROOT)): len(list(folder.glob("*.py"))) for folder in folders}
    assert {folder: count for folder, count in counts.items() if not 3 <= count <= MOST_FILES} == {}


def test_files_and_functions_are_short():
    """Compiled loops are not: numba inlines nothing across functions without a price."""
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        assert text.count("\n") <= MOST_LINES, path
        if path.name == "loops.py":
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                assert node.end_lineno - node.lineno + 1 <= MOST_LINES_OF_A_FUNCTION, f"{path}: {node.name}"


def test_no_class_name_twice():
    names = [
        node.name
        for path in FILES
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    ]
    assert sorted({name for name in names if names.count(name) > 1}) == []
