"""A run that signals end at random moments, and what is then wrong with its folder."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from processes import (
    Forked,
    Launched,
    assert_images_are_those_of_the_records,
    begun,
    keys,
    lines,
    running,
    stamps,
    write_photos,
)

from srbench.files import read_image
from srbench.runs import open_run
from srbench_datasets import bundled

METHODS = """
import ctypes, hashlib, time
import torch

def repeated(lr, scale):
    return lr.repeat_interleave(scale, -2).repeat_interleave(scale, -1)

def pause(lr):
    "From 0 to 0.5 s, by the image."
    return float(lr.double().sum() * 1000 % 1) / 2

def fast(lr, scale):
    return repeated(lr, scale) * 0.99

def slow(lr, scale):
    time.sleep(pause(lr))
    return repeated(lr, scale)

def compiled(lr, scale):
    "No signal handler runs before the loop ends."
    hashlib.pbkdf2_hmac("sha256", b"", b"", int(1_000_000 * pause(lr)) + 1)
    return repeated(lr, scale) * 0.98

def holding(lr, scale):
    "Nor does any other thread."
    ctypes.PyDLL(None).usleep(int(1_000_000 * pause(lr)))
    return repeated(lr, scale) * 0.97

def one_slow(lr, scale):
    time.sleep(1.5 if lr.shape[-1] > 16 else 0)
    return repeated(lr, scale)
"""


@dataclass(frozen=True)
class Case:
    """A run: methods, number of images, whether images are saved, and the width of one large image."""

    methods: str
    images: int
    save: bool = False
    large: int = 0

    def arguments(self) -> list[str]:
        words = ["run", "--methods", self.methods, "--datasets", "./photos", "--scale", "2", "--output", "run"]
        words += ["--protocol", "classic-y,rgb", "--metrics", "psnr,ssim,stamp"]
        return [*words, *(["--save-images"] if self.save else [])]


CASES = {
    "fast": Case("bicubic,./mine.py:fast", 40),
    "slow": Case("./mine.py:slow,bicubic", 8, save=True),
    "compiled": Case("./mine.py:compiled,./mine.py:holding", 8),
    "network": Case("edsr,bicubic", 6, save=True),
    "one slow image": Case("./mine.py:one_slow,bicubic", 8, save=True, large=48),
}


@dataclass(frozen=True)
class Unbroken:
    """What a run leaves that nothing disturbs, and its seconds from its first line to its first score."""

    board: bytes
    digests: dict[str, str]
    seconds: float


@dataclass(frozen=True)
class Moment:
    """When signals are sent: so many seconds after so many records were stored, and once more if `again` is given."""

    records: int
    seconds: float
    again: float | None = None

    def __str__(self) -> str:
        twice = "" if self.again is None else f" and {self.again:.3f} s"
        return f"{self.records} records and {self.seconds:.3f} s{twice}"


@dataclass
class Figures:
    """Counts over all signals, and everything that did not hold."""

    signals: Counter[str] = field(default_factory=Counter)
    stages: Counter[str] = field(default_factory=Counter)
    ended: int = 0
    twice: int = 0
    at_once: int = 0
    scored: int = 0
    resumed: int = 0
    images: int = 0
    missing: list[str] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def add(self, other: Figures) -> None:
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


class Folder:
    """A working directory with images and methods, where a case is run by `processes`."""

    def __init__(self, root: Path, name: str, case: Case, processes: Forked | Launched) -> None:
        self.cwd, self.run, self.case, self.processes = root / name, root / name / "run", case, processes
        coffee = next(sample for sample in bundled.read(Path()).samples if sample.id == "coffee")
        write_photos(self.cwd, read_image(coffee.hr), case.images, 24, case.large)
        (self.cwd / "mine.py").write_text(METHODS)

    def start(self) -> bool:
        self.processes.start(self.cwd, *self.case.arguments())
        return begun(self.processes.pid)

    def unbroken(self) -> Unbroken:
        assert self.start()
        began = time.time()
        code, err = self.processes.wait()
        assert code == 0, err
        seconds = min(moment for moment, _ in stamps(self.cwd)) - began
        # One thread scores and stores, so that the stamps are in the order of the records.
        found = dict(zip(keys(self.run), [digest for _, digest in stamps(self.cwd)], strict=True))
        return Unbroken((self.run / "leaderboard.csv").read_bytes(), found, seconds)

    def moment(self, chance: random.Random, kind: signal.Signals, known: Unbroken) -> Moment:
        """Choose a moment: every third during the start, the others during the scoring."""
        again = chance.uniform(0, 0.3) if kind != signal.SIGKILL and chance.random() < 0.4 else None
        stored = len(self._stored())
        if chance.random() < 1 / 3:
            return Moment(0, chance.uniform(0, known.seconds), again)
        records = chance.randint(min(stored + 1, len(known.digests) - 1), len(known.digests) - 1)
        return Moment(records, chance.uniform(0, chance.choice((0.02, 0.2, 1.5))), again)

    def interrupted(self, kind: signal.Signals, moment: Moment, known: Unbroken) -> Figures:
        """Start or resume the run, and send signals."""
        figures, before, began = Figures(), self._stored(), time.time()
        if not self.start():
            figures.problems.append(f"{self.cwd.name}: did not begin: {self.processes.wait()}")
            return figures
        while lines(self.run) < moment.records and running(self.processes.pid):
            time.sleep(0.01)
        time.sleep(moment.seconds)
        sent = time.time()
        for pause in (0.0, moment.again):
            if pause is not None:
                time.sleep(pause)
                with suppress(ProcessLookupError):  # it has ended meanwhile
                    os.kill(self.processes.pid, kind)
        code, err = self.processes.wait()
        if code == 0 or (code == -kind != -signal.SIGKILL and "error" not in err and self._is_complete()):
            figures.ended = 1  # Python takes its handlers down before it ends
            return figures
        where = f"{self.cwd.name}: {kind.name} after {moment}"
        figures.signals[kind.name] += 1
        figures.twice = int(moment.again is not None)
        figures.at_once = err.count("interrupted at once")
        stored = self._stored()
        figures.stages[self._stage(len(stored), len(known.digests))] += 1
        figures.problems += [f"{where}: {problem}" for problem in self._ending(kind, code, err)]
        if lost := before - stored:
            figures.problems.append(f"{where}: records of an earlier start are lost: {lost}")
        old = {digest for scored, digest in stamps(self.cwd) if began <= scored < sent - 1}
        figures.scored = len(old)
        figures.missing = [f"{where}: {digest}" for digest in old - {known.digests[key] for key in stored}]
        return figures

    def _stored(self) -> set[str]:
        return set(keys(self.run)) if (self.run / "records.jsonl").exists() else set()

    def _stage(self, stored: int, all_records: int) -> str:
        if not (self.run / "run.json").exists():
            return "before run.json"
        return {0: "before the first record", all_records: "after the last record"}.get(stored, "between records")

    def _is_complete(self) -> bool:
        return (self.run / "run.json").exists() and open_run(self.run).description.status == "complete"

    def _ending(self, kind: signal.Signals, code: int, err: str) -> list[str]:
        """What is wrong with the exit code, stderr, and the folder."""
        found = []
        if (self.run / "run.json").exists():
            found += open_run(self.run).damaged
        if kind == signal.SIGKILL:
            return found + ([] if code == -kind else [f"exit code {code}"])
        if code == -kind and not err and not (self.run / "run.json").exists():
            return found  # between start-up and verb; nothing was begun
        # The second may come when Python has taken its handlers down; a shell calls both 128 + kind.
        if code not in (128 + kind, -kind):
            found.append(f"exit code {code}: {err}")
        said = [line for line in err.splitlines() if not line.startswith("note: ")]
        if len(said) != 1 or not said[0].startswith("error: interrupted"):
            found.append(f"exit code {code}, said {err!r}")
        return found

    def completed(self, known: Unbroken) -> Figures:
        """Resume the run to its end and compare it with an unbroken one."""
        figures = Figures(resumed=1)
        self.processes.start(self.cwd, *self.case.arguments())
        code, err = self.processes.wait()
        if code:
            figures.problems.append(f"{self.cwd.name}: resumed, exit code {code}: {err}")
            return figures
        if (self.run / "leaderboard.csv").read_bytes() != known.board:
            figures.differing.append(self.cwd.name)
        run = open_run(self.run)
        failed = [record.error for record in run.records if record.status != "ok"]
        figures.problems += [f"{self.cwd.name}: {problem}" for problem in (*run.damaged, *failed)]
        figures.problems += [f"{path}: left over" for path in self.run.rglob("*.part")]
        if self.case.save:
            figures.images = assert_images_are_those_of_the_records(self.run)
        shutil.rmtree(self.cwd)
        return figures
