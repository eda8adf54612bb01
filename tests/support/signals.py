"""Runs that are killed, interrupted and ended at random moments, and what is left of them.

The long form: `python tests/support/signals.py 200 [--seed 1] [--jobs 2] [--forked]`, with the tests' requirements
installed; `--forked` makes the imports once, which takes a third of the time.
"""

from __future__ import annotations

import argparse
import random
import signal
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from interrupted import CASES, Figures, Folder, Unbroken
from processes import Forked, Launched, install_pack

KINDS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)


def sent(
    count: int, seed: int, root: Path, known: dict[str, Unbroken], processes: Forked | Launched, report: bool = False
) -> Figures:
    """Send `count` signals, two or three to one run before it is completed; kinds and cases take turns."""
    figures, chance, index = Figures(), random.Random(seed), 0  # noqa: S311  # no secret
    while (left := count - figures.signals.total()) > 0 and not len(figures.problems) > count:
        name = [name for name in CASES if name in known][index % len(known)]
        folder = Folder(root, f"{name}-{seed}-{index}", CASES[name], processes)
        for _ in range(min(left, chance.randint(2, 3))):
            kind = KINDS[(figures.signals.total() + index) % len(KINDS)]
            made = folder.interrupted(kind, folder.moment(chance, kind, known[name]), known[name])
            figures.add(made)
            if made.ended:
                break
        figures.add(folder.completed(known[name]))
        index += 1
        if report:
            print(f"{seed}: {figures.signals.total()} of {count}", *figures.problems[-1:], flush=True)
    return figures


def unbroken(root: Path, names: list[str], processes: Forked | Launched) -> dict[str, Unbroken]:
    return {name: Folder(root, f"unbroken {name}", CASES[name], processes).unbroken() for name in names}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--forked", action="store_true")
    asked = parser.parse_args()
    figures = Figures()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it, and what they start
    with tempfile.TemporaryDirectory() as place, ThreadPoolExecutor(asked.jobs) as pool:
        root = Path(place)
        install_pack(root)
        processes = [Forked(root / "first") if asked.forked else Launched() for _ in range(asked.jobs)]
        known = unbroken(root, list(CASES), processes[0])
        print({name: round(one.seconds, 1) for name, one in known.items()}, flush=True)
        share = -(-asked.count // asked.jobs)
        jobs = [
            pool.submit(
                sent, min(share, asked.count - share * job), asked.seed + job, root, known, processes[job], True
            )
            for job in range(asked.jobs)
        ]
        for job in jobs:
            figures.add(job.result())
        for process in processes:
            process.close()
    figures.problems += [f"no {kind.name} was sent" for kind in KINDS if not figures.signals[kind.name]]
    for name, value in vars(figures).items():
        print(f"{name}: {dict(value) if isinstance(value, Counter) else value}")


if __name__ == "__main__":
    main()
