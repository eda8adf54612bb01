"""The README's commands are ones srbench understands, and its Python runs."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from srbench.cli.main import app

ROOT = Path(__file__).resolve().parent.parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def srbench_commands():
    for block in blocks("sh"):
        for part in re.split(r"\n|&&", block):
            words = shlex.split(part, comments=True)
            if words and words[0].endswith("srbench"):
                yield words[1:]


@pytest.mark.parametrize("words", list(srbench_commands()), ids=lambda words: " ".join(words)[:60])
def test_commands_parse(words):
    """Parsed, not run: an unknown verb or option, or a missing one, is a usage error here."""
    command, rest = get_command(app), words
    while hasattr(command, "commands"):
        command, rest = command.get_command(None, rest[0]), rest[1:]
        assert command is not None
    assert command.make_context(words[0], [*rest]) is not None


def test_there_are_commands_to_check():
    assert len(list(srbench_commands())) >= 8


def test_the_python_example_runs(tmp_path, monkeypatch, capsys):
    mine, example = (block for block in blocks("python"))
    (tmp_path / "mine.py").write_text(mine)
    monkeypatch.syspath_prepend(tmp_path)
    exec(compile(example, "README.md", "exec"), {})  # noqa: S102  # our own words
    assert "upscale" in capsys.readouterr().out


def test_ci_runs_the_readmes_own_command():
    lines = [line for line in README.splitlines() if re.match(r"python3 -m venv .*pytest", line)]
    assert len(lines) == 1
    assert "README.md" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "models/README.md"])
def test_files_that_pages_name_are_there(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    named = re.findall(r"`((?:srbench|tests|results|models|baselines|datasets|docs)/[\w./-]*)`", text)
    made_up = {"srbench/metrics/fidelity/yours.py"}
    assert [name for name in named if name not in made_up and not (ROOT / name).exists()] == []
