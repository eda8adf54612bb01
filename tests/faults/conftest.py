"""Photographs to plant faults beside, and the records of a run that nothing disturbs."""

from __future__ import annotations

import shutil

import pytest
from planted import IMAGES, METHODS, answered, in_process, records, run_of, snapshot

from srbench.files import write_image

REPEAT = "def f(lr, scale):\n    return lr.repeat_interleave(scale, -2).repeat_interleave(scale, -1)\n"


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory, photo):
    """A folder of three photographs of 48×48 pixels, a sound method, and a run of it and `METHODS`."""
    place = tmp_path_factory.mktemp("undisturbed")
    for number, name in enumerate(IMAGES):
        write_image(place / "photos" / f"{name}.png", photo(48, 48, top=60 * number))
    (place / "sound.py").write_text(REPEAT)
    assert in_process(place, run_of(*METHODS, "./sound.py:f")).exit_code == 0
    return place


@pytest.fixture(scope="session")
def expected(undisturbed):
    """Its records by method and image."""
    return records(undisturbed / "run")


@pytest.fixture
def place(undisturbed, tmp_path):
    """A working directory with photographs of its own."""
    shutil.copytree(undisturbed / "photos", tmp_path / "photos")
    return tmp_path


@pytest.fixture
def refused(cli, place):
    """Run `srbench`; it must answer with one line and exit code 2, and write nothing."""

    def refuse(code, line, *arguments):
        before = snapshot(place)
        done = cli(*arguments)
        answered(done, code, line)
        assert snapshot(place) == before

    return refuse
