"""Has anything become slower? Times divided by a calibration's, taken in turns, against a stored baseline.

A machine that is busy, or another one, moves both times of a ratio. What is left of the noise is in the interval, and
a slowdown is reported only when it is found again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from srbench.errors import RequestError, StoreError
from srbench.files import whole_file
from srbench.regression.cases import Call, Case
from srbench.timing.summary import Summary, summarise

__all__ = ["LIMIT", "Baseline", "Finding", "check", "measure", "read_baseline", "write_baseline"]

LIMIT = 1.15
"""Times the baseline: what is slower than that, noise left aside, fails."""

_ROUNDS = 15
_LEAST_SECONDS = 0.004
"""A sample is as many calls as take this long, so that the clock and the interpreter do not count."""
_AGAIN = (2, 4)
"""Times the rounds, when something looks slower and is measured again."""

_SCHEMA = 1

Verdict = Literal["same", "slower", "faster", "unclear"]


@dataclass(frozen=True)
class Baseline:
    """Ratios by case, and the conditions they were measured under."""

    ratios: Mapping[str, Summary]
    conditions: Mapping[str, Any]


@dataclass(frozen=True)
class Finding:
    """A case against its baseline.

    Attributes:
        name: The case.
        factor: Its ratio over the baseline's: 1.3 is 30 % slower.
        low: What the factor is at least, by both 95 % intervals.
        high: What it is at most.
        verdict: `slower` only where `low` is over the limit, in two measurements in a row; `unclear` where the factor
            is over the limit and the noise is too large to tell.
    """

    name: str
    factor: float
    low: float
    high: float
    verdict: Verdict


def measure(case: Case, rounds: int = _ROUNDS) -> Summary:
    """The case's time over its calibration's.

    Each round times the calibration before and after the case, and divides by their mean, so that a drift of the
    machine cancels.

    Args:
        case: Which.
        rounds: How many.
    """
    case.call()
    case.calibration()
    calls, divisions = _enough(case.call), _enough(case.calibration)
    ratios: list[float] = []
    before = _seconds(case.calibration, divisions)
    for _ in range(rounds):
        taken = _seconds(case.call, calls)
        after = _seconds(case.calibration, divisions)
        ratios.append(2 * taken / (before + after))
        before = after
    return summarise(ratios)


def check(
    cases: Iterable[Case], baseline: Baseline, advance: Callable[[Finding], None] = lambda _: None
) -> list[Finding]:
    """Compare cases with their baseline; those it does not know are left out.

    What looks slower is measured again, with more rounds, at most twice: it must be so twice in a row.

    Args:
        cases: Measured one by one.
        baseline: Of the same machine, if the limit is to mean much.
        advance: Told of each finding.
    """
    findings: list[Finding] = []
    for case in cases:
        if case.name in baseline.ratios:
            finding = _confirmed(case, baseline.ratios[case.name])
            findings.append(finding)
            advance(finding)
    return findings


def _confirmed(case: Case, expected: Summary) -> Finding:
    found = [_compared(case, expected, _ROUNDS)]
    for times in _AGAIN:
        if found[-1].factor <= LIMIT or _twice_slower(found):
            break
        found.append(_compared(case, expected, _ROUNDS * times))
    last = found[-1]
    return replace(last, verdict="unclear") if last.verdict == "slower" and not _twice_slower(found) else last


def _twice_slower(found: Sequence[Finding]) -> bool:
    return [finding.verdict for finding in found[-2:]] == ["slower", "slower"]


def _compared(case: Case, expected: Summary, rounds: int) -> Finding:
    now = measure(case, rounds)
    factor, low, high = now.median / expected.median, now.low / expected.high, now.high / expected.low
    verdict: Verdict = "same"
    if factor > LIMIT:
        verdict = "slower" if low > LIMIT else "unclear"
    elif high < 1 / LIMIT:
        verdict = "faster"
    return Finding(case.name, factor, low, high, verdict)


def _enough(call: Call) -> int:
    """Calls that take long enough together."""
    taken = min(_seconds(call, 1) for _ in range(3))
    return max(1, round(_LEAST_SECONDS / taken))


def _seconds(call: Call, times: int) -> float:
    start = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - start) / times


def read_baseline(path: Path) -> Baseline:
    """Read what `write_baseline` wrote.

    Raises:
        RequestError: There is no such file.
        StoreError: It is no baseline, or one of another srbench.
    """
    try:
        described = json.loads(path.read_text(encoding="utf-8"))
        if described["schema"] != _SCHEMA:
            raise StoreError(
                f"{path}: schema {described['schema']}, this srbench reads {_SCHEMA}; renew it with --save"
            )
        ratios = {name: Summary(**values) for name, values in described["ratios"].items()}
        return Baseline(ratios, described["conditions"])
    except FileNotFoundError:
        raise RequestError(f"{path}: no such baseline; make one with srbench bench --save {path}") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(f"{path}: cannot be read as a baseline ({error}); renew it with --save") from error


def write_baseline(path: Path, baseline: Baseline) -> None:
    """Write ratios and conditions as JSON; the file appears whole or not at all.

    Raises:
        StoreError: It cannot be written.
    """
    described = {
        "schema": _SCHEMA,
        "conditions": dict(baseline.conditions),
        "ratios": {name: asdict(ratio) for name, ratio in baseline.ratios.items()},
    }
    try:
        with whole_file(path) as partial:
            partial.write_text(json.dumps(described, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise StoreError(f"{path}: cannot be written ({error.strerror or error})") from error
