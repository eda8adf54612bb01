"""Runs of the command line in processes of their own, and what they leave behind.

A run takes two seconds of imports before it begins. `Forked` makes them once, and forks a process for each run.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from srbench.files import write_image
from srbench.runs import open_run

WAIT = 300
"""Seconds after which a process counts as stuck."""

ZYGOTE = """
import json, os, runpy, sys
import numba, pandas, scipy.linalg, torch
import srbench.cli.main, srbench.cli.progress, srbench.engine, srbench.harness.run, srbench.leaderboard, srbench.methods
from srbench.files import module_sha256
module_sha256("srbench_models")  # lists all installed libraries
while line := sys.stdin.readline():
    order = json.loads(line)
    pid = os.fork()
    if pid == 0:
        os.chdir(order["cwd"])
        for number, name in ((1, "out"), (2, "err")):
            os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644), number)
        sys.argv = ["srbench", *order["arguments"]]
        runpy.run_module("srbench", run_name="__main__")
    print(pid, flush=True)
    sys.stdin.readline()  # until then the process keeps its number, so that a late signal meets no other
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
os._exit(0)
"""

PACK = """
import hashlib, os, time

def stamp(pair):
    "Append the time, and a hash of the pair; called last, when an image is scored."
    sr, hr = pair.arrays()
    digest = hashlib.sha256(sr.tobytes() + hr.tobytes()).hexdigest()[:16]
    with open("stamps", "a") as file:
        file.write(f"{time.time()} {digest}\\n")
    return 0.0
"""

CARD = """
[metric]
name = "stamp"
summary = "when an image was scored"
unit = ""
higher_is_better = true
decimals = 0
formula = "srbench_stamp:stamp"
licence = "MIT"
source = "no paper"
"""


class Launched:
    """`python -m srbench`, as a user starts it; one process at a time."""

    def start(self, cwd: Path, *arguments: str) -> None:
        self._cwd = cwd
        with (cwd / "out").open("wb") as out, (cwd / "err").open("wb") as err:
            command = [sys.executable, "-m", "srbench", *arguments]
            self._process = subprocess.Popen(command, cwd=cwd, env=surroundings(cwd), stdout=out, stderr=err)
        self.pid = self._process.pid

    def wait(self) -> tuple[int, str]:
        """Exit code and stderr."""
        return self._process.wait(WAIT), (self._cwd / "err").read_text()

    def close(self) -> None:
        """Nothing is left to end."""


class Forked:
    """The same without the imports, which a first process has made."""

    def __init__(self, place: Path) -> None:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self._first = subprocess.Popen([sys.executable, "-c", ZYGOTE], env=surroundings(place), **pipes)

    def start(self, cwd: Path, *arguments: str) -> None:
        self._cwd = cwd
        self._first.stdin.write(json.dumps({"cwd": str(cwd), "arguments": arguments}) + "\n")
        self._first.stdin.flush()
        self.pid = int(self._first.stdout.readline())

    def wait(self) -> tuple[int, str]:
        """Exit code and stderr."""
        self._first.stdin.write("\n")
        self._first.stdin.flush()
        return int(self._first.stdout.readline()), (self._cwd / "err").read_text()

    def close(self) -> None:
        self._first.stdin.close()
        self._first.wait(WAIT)
        self._first.stdout.close()


def surroundings(place: Path) -> dict[str, str]:
    """The environment, with a pack whose metric `stamp` appends to the file `stamps` of the working directory."""
    pack = place.parent / "pack"
    return os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, [str(pack), os.environ.get("PYTHONPATH")]))}


def install_pack(place: Path) -> None:
    """Write the pack as if it were installed; every working directory is a folder of `place`."""
    about, code = place / "pack" / "srbench_stamp-1.dist-info", place / "pack" / "srbench_stamp"
    about.mkdir(parents=True)
    code.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: srbench-stamp\nVersion: 1\n")
    (about / "entry_points.txt").write_text("[srbench.packs]\nstamp = srbench_stamp\n")
    (code / "__init__.py").write_text(PACK)
    (code / "stamp.card.toml").write_text(CARD)


def begun(pid: int) -> bool:
    """Wait until a process handles SIGTERM, as srbench does from its first line on; whether it does before it ends."""
    bit = 1 << (signal.SIGTERM - 1)
    deadline = time.monotonic() + WAIT
    while time.monotonic() < deadline:
        try:
            status = Path(f"/proc/{pid}/status").read_text()
        except OSError:
            return False
        if any(line.startswith("SigCgt:") and int(line.split()[1], 16) & bit for line in status.splitlines()):
            return True
        if "State:\tZ" in status:
            return False
        time.sleep(0.002)
    return False


def running(pid: int) -> bool:
    """Whether a process has not ended."""
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def stamps(cwd: Path) -> list[tuple[float, str]]:
    """When an image was scored, and the hash of the scored pair; a last line that a kill cut short is left out."""
    path = cwd / "stamps"
    lines = path.read_text().split("\n")[:-1] if path.exists() else []
    return [(float(line.split()[0]), line.split()[1]) for line in lines]


def lines(folder: Path) -> int:
    """Number of stored records, failed ones included."""
    path = folder / "records.jsonl"
    return path.read_bytes().count(b"\n") if path.exists() else 0


def keys(folder: Path) -> list[str]:
    """The names of each scored record, in the order of `records.jsonl`."""
    lines = [json.loads(line) for line in (folder / "records.jsonl").read_text().split("\n")[:-1]]
    return [f"{one['method']} {one['protocol']} {one['image']}" for one in lines if one["status"] == "ok"]


def assert_images_are_those_of_the_records(folder: Path) -> int:
    """Compare every saved image with the hash in its record; return their number."""
    from srbench.files import pixel_sha256, read_image

    run = open_run(folder)
    for record in run.records:
        for path, sha256 in (
            (run.gallery.result(record.key), record.image_sha256),
            (run.gallery.truth(record.key), record.reference_sha256),
        ):
            assert pixel_sha256(read_image(folder / path)) == sha256, path
    return len(run.records)


def write_photos(place: Path, whole, count: int, size: int, large: int = 0) -> None:
    """Write crops of a photograph, uint8 (3, height, width); one in the middle is `large` pixels wide, if given."""
    for index in range(count):
        side = large if large and index == count // 2 else size
        top, left = 7 * index % (whole.shape[1] - side), 13 * index % (whole.shape[2] - side)
        write_image(place / "photos" / f"image{index:04d}.png", whole[:, top : top + side, left : left + side])
