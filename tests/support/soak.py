"""A long run of tiny images, killed twice on its way, beside one that nothing disturbs.

The long form: `python tests/support/soak.py 2000`, with the tests' requirements installed.
"""

from __future__ import annotations

import argparse
import os
import signal
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from interrupted import Case, Folder
from processes import Forked, Launched, assert_images_are_those_of_the_records, install_pack, lines, stamps

from srbench.runs import open_run

METHODS = "bicubic,./mine.py:fast"


@dataclass
class Soaked:
    """What two runs of the same images left, one of them killed twice.

    Attributes:
        failed: Errors of failed records, of both runs.
        equal: Whether the leaderboards are the same bytes.
        kills: Images that were scored at each kill.
        seconds: Of the unbroken run, seconds per image in the first, the middle and the last tenth.
        memory: Of the unbroken run, resident memory in MiB by the number of scored images.
        images: Number of saved images of the killed run that have the hashes in its records.
    """

    failed: list[str] = field(default_factory=list)
    equal: bool = False
    kills: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    memory: dict[int, float] = field(default_factory=dict)
    images: int = 0


def soak(count: int, root: Path, processes: Forked | Launched, marks: tuple[int, ...]) -> Soaked:
    """Run `count` images without a disturbance, and killed after a third and two thirds; `marks` are for the memory."""
    found, case = Soaked(), Case(METHODS, count, save=True)
    unbroken, killed = Folder(root, "unbroken", case, processes), Folder(root, "killed", case, processes)
    assert unbroken.start()
    for mark in marks:
        wait_for(unbroken, mark)
        found.memory[mark] = resident(processes.pid)
    _finish(unbroken)
    found.seconds = per_image([moment for moment, _ in stamps(unbroken.cwd)], count)
    for images in (count // 3, 2 * count // 3):
        assert killed.start()
        wait_for(killed, images)
        os.kill(processes.pid, signal.SIGKILL)
        assert processes.wait()[0] == -signal.SIGKILL
        found.kills.append(scored(killed))
    killed.start()
    _finish(killed)
    for folder in (unbroken, killed):
        run = open_run(folder.run)
        assert run.damaged == ()
        found.failed += [record.error or "" for record in run.records if record.status != "ok"]
        assert len(run.records) == lines(folder.run) == count * per(folder)
    found.equal = (killed.run / "leaderboard.csv").read_bytes() == (unbroken.run / "leaderboard.csv").read_bytes()
    found.images = assert_images_are_those_of_the_records(killed.run)
    return found


def _finish(folder: Folder) -> None:
    code, err = folder.processes.wait()
    assert code in (0, 1), err  # 1: records failed, which the caller counts


def per(folder: Folder) -> int:
    """Records of an image: of each method under each of two protocols."""
    return 2 * len(folder.case.methods.split(","))


def scored(folder: Folder) -> int:
    return lines(folder.run) // per(folder)


def wait_for(folder: Folder, images: int) -> None:
    """Wait until so many images are scored."""
    deadline = time.monotonic() + 3600
    while scored(folder) < images and time.monotonic() < deadline:
        time.sleep(0.02)


def resident(pid: int) -> float:
    """Resident memory of a process, in MiB; 0 if it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS:")), 0.0)


def per_image(moments: list[float], count: int) -> list[float]:
    """Seconds per image in the first, the middle and the last tenth of a run."""
    tenth = len(moments) // 10
    starts = (0, (len(moments) - tenth) // 2, len(moments) - 1 - tenth)
    return [(moments[start + tenth] - moments[start]) / tenth * len(moments) / count for start in starts]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("count", type=int)
    count = parser.parse_args().count
    with tempfile.TemporaryDirectory() as place:
        install_pack(Path(place))
        found = soak(count, Path(place), Launched(), (count // 4, count // 2, count - 20))
    first, middle, last = found.seconds
    print(f"failed records: {len(found.failed)} {sorted(set(found.failed))[:3]}")
    print(f"leaderboard equal to that of the unbroken run: {found.equal}; kills after {found.kills} images")
    print(f"saved images with the hashes in the records: {found.images}")
    print(f"milliseconds per image, first, middle, last tenth: {1e3 * first:.1f} {1e3 * middle:.1f} {1e3 * last:.1f}")
    print(f"ratios to the first tenth: middle {middle / first:.2f}, last {last / first:.2f}")
    print("MiB resident:", ", ".join(f"{mib:.0f} after {images} images" for images, mib in found.memory.items()))


if __name__ == "__main__":
    main()
