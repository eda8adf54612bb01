"""Detect slowdowns: times divided by a calibration's, measured in turns, against a stored baseline.

A busy or different machine changes both times of a ratio. The interval covers the remaining noise, and a slowdown is
reported only when a second measurement confirms it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from srbench.api import Summary
from srbench.errors import RequestError
from srbench.harness.regression.baseline import Baseline, read_baseline
from srbench.harness.regression.cases import Case, watched_cases
from srbench.harness.regression.ratio import measure
from srbench.timing import surroundings

__all__ = ["LIMIT", "Comparison", "Finding", "check", "compare_with_baseline"]
LIMIT = 1.15
"""Multiple of the baseline above which a case fails, if the noise allows a verdict."""

_ROUNDS = 15
_AGAIN = (2, 4)
"""Multiples of `_ROUNDS` for measuring a seemingly slower case again."""

Verdict = Literal["same", "slower", "faster", "unclear"]


@dataclass(frozen=True)
class Finding:
    """A case compared with its baseline.

    Attributes:
        name: Name of the case.
        factor: Time ratio of the case divided by the baseline's: 1.3 is 30 % slower.
        low: Lower bound of the factor, from both 95 % intervals.
        high: Upper bound of the factor.
        verdict: `slower` if `low` exceeds the limit in two measurements in a row; `unclear` if the factor exceeds the
            limit but the noise is too large to tell.
    """

    name: str
    factor: float
    low: float
    high: float
    verdict: Verdict


@dataclass(frozen=True)
class Comparison:
    """The watched cases against a stored baseline.

    Attributes:
        findings: One per case of the baseline.
        unknown: Cases without a baseline.
        gone: Cases of the baseline that cannot be measured here.
        differences: Other differences from the baseline's conditions, one line each.
        conditions: Current conditions of this machine.
    """

    findings: tuple[Finding, ...]
    unknown: tuple[str, ...]
    gone: tuple[str, ...]
    differences: tuple[str, ...]
    conditions: Mapping[str, Any]


def compare_with_baseline(path: Path, advance: Callable[[Finding], None] = lambda _: None) -> Comparison:
    """Compare watched cases with a baseline written by `srbench bench --save`; call `advance` with each finding.

    Raises:
        RequestError: The baseline is missing, of another processor model, or has no case that can be measured here.
    """
    baseline = read_baseline(path)
    now, before = surroundings("cpu"), baseline.conditions
    if before.get("processor") != now["processor"]:
        raise RequestError(
            f"{path}: nothing is compared, since the baseline is of another kind of processor "
            f"({before.get('processor')}; here {now['processor']}); save one for this machine with --save OTHER_FILE"
        )
    differences = [
        f"the baseline has another {what} ({before.get(what)}, here {now[what]}); this may cause the differences"
        for what in ("cores", "torch")
        if before.get(what) != now[what]
    ]
    cases = list(watched_cases())
    findings = check(cases, baseline, advance)
    if not findings:
        raise RequestError(f"{path}: has no case that can be measured here; renew the file with --save")
    names = {case.name for case in cases}
    unknown = tuple(name for name in (case.name for case in cases) if name not in baseline.ratios)
    gone = tuple(sorted(baseline.ratios.keys() - names))
    return Comparison(tuple(findings), unknown, gone, tuple(differences), now)


def check(
    cases: Iterable[Case], baseline: Baseline, advance: Callable[[Finding], None] = lambda _: None
) -> list[Finding]:
    """Compare cases with their baseline, and call `advance` with each finding; skip cases not in it.

    A case that looks slower is measured again with more rounds, at most twice, until it does not or has twice running.
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
