"""Stored baselines: ratios measured in several processes."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from srbench.api import Progress, Summary
from srbench.errors import RequestError, SRBenchError, StoreError
from srbench.files import write_text
from srbench.harness.regression.cases import watched_cases
from srbench.harness.regression.ratio import measure
from srbench.methods import tune
from srbench.timing import surroundings

__all__ = ["Baseline", "merged", "new_baseline", "ratios_here", "read_baseline", "write_baseline"]
_SCHEMA = 1
_ROUNDS = 21
_PROCESSES = 5
"""Memory layout and thread timing are fixed when a process starts, so one process does not show the noise."""


@dataclass(frozen=True)
class Baseline:
    """Time ratios by case name, and the conditions of their measurement."""

    ratios: Mapping[str, Summary]
    conditions: Mapping[str, Any]


def ratios_here() -> dict[str, Summary]:
    """Measure every watched case in this process; return time ratios by case name."""
    tune()
    return {case.name: measure(case, _ROUNDS) for case in watched_cases()}


def ratios_elsewhere() -> dict[str, Summary]:
    """Measure every watched case in a new process; return time ratios by case name.

    Raises:
        SRBenchError: The process failed.
    """
    command = [sys.executable, "-m", "srbench.harness.regression"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # fixed arguments
    if done.returncode:
        raise SRBenchError(f"measuring failed: {(done.stderr.strip().splitlines() or ['no message'])[-1]}")
    return {name: Summary(**values) for name, values in json.loads(done.stdout).items()}


def merged(several: Sequence[Summary]) -> Summary:
    """Merge summaries of several processes: median of the medians, and an interval that contains all of theirs."""
    return Summary(
        median=median(found.median for found in several),
        p5=min(found.p5 for found in several),
        p95=max(found.p95 for found in several),
        low=min(found.low for found in several),
        high=max(found.high for found in several),
        count=sum(found.count for found in several),
    )


def new_baseline(progress: Progress = lambda *_: None) -> Baseline:
    """Measure every watched case five times, each time in a new process; `progress` gets processes done and the total.

    Raises:
        SRBenchError: A process failed.
    """
    found: list[Mapping[str, Summary]] = []
    for done in range(_PROCESSES):
        progress(done, _PROCESSES)
        found.append(ratios_elsewhere())
    progress(_PROCESSES, _PROCESSES)
    ratios = {name: merged([ratios[name] for ratios in found]) for name in found[0]}
    return Baseline(ratios, surroundings("cpu"))


def read_baseline(path: Path) -> Baseline:
    """Read a file written by `write_baseline`.

    Raises:
        RequestError: The file does not exist, is not a baseline, or has another schema version.
    """
    try:
        described = json.loads(path.read_text(encoding="utf-8"))
        if described["schema"] != _SCHEMA:
            raise RequestError(
                f"{path}: schema {described['schema']}, this srbench reads {_SCHEMA}; renew it with --save"
            )
        ratios = {name: Summary(**values) for name, values in described["ratios"].items()}
        return Baseline(ratios, described["conditions"])
    except FileNotFoundError:
        raise RequestError(f"{path}: no such baseline; make one with srbench bench --save {path}") from None
    except OSError as error:
        raise RequestError(f"{path}: cannot be read ({error.strerror or error}); renew it with --save") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RequestError(
            f"{path}: is not a baseline of srbench; make one with srbench bench --save {path}"
        ) from error


def write_baseline(path: Path, baseline: Baseline) -> None:
    """Write ratios and conditions as JSON, atomically.

    Raises:
        StoreError: The file cannot be written.
    """
    described = {
        "schema": _SCHEMA,
        "conditions": dict(baseline.conditions),
        "ratios": {name: asdict(ratio) for name, ratio in baseline.ratios.items()},
    }
    write_text(path, json.dumps(described, indent=2, ensure_ascii=False, allow_nan=False) + "\n", StoreError)
