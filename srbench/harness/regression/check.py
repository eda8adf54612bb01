"""Has anything become slower? Times divided by a calibration's, taken in turns, against a stored baseline.

A machine that is busy, or another one, moves both times of a ratio. What is left of the noise is in the interval, and
a slowdown is reported only when it is found again.
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
"""Times the baseline: what is slower than that, noise left aside, fails."""

_ROUNDS = 15
_AGAIN = (2, 4)
"""Times the rounds, when something looks slower and is measured again."""

Verdict = Literal["same", "slower", "faster", "unclear"]


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


@dataclass(frozen=True)
class Comparison:
    """The watched cases against a stored baseline.

    Attributes:
        findings: One for each case that the baseline knows.
        unknown: Cases without a baseline.
        gone: Cases of the baseline that cannot be measured here.
        differences: What else differs from the conditions of the baseline, a line each.
        conditions: Of this machine, now.
    """

    findings: tuple[Finding, ...]
    unknown: tuple[str, ...]
    gone: tuple[str, ...]
    differences: tuple[str, ...]
    conditions: Mapping[str, Any]


def compare_with_baseline(path: Path, advance: Callable[[Finding], None] = lambda _: None) -> Comparison:
    """Measure every watched case, and compare it with a stored baseline of the same kind of processor.

    Args:
        path: Written by `srbench bench --save`.
        advance: Called with each finding.

    Raises:
        RequestError: There is no baseline, it is of another kind of processor, or it names nothing that can be
            measured here.
    """
    baseline = read_baseline(path)
    now, before = surroundings("cpu"), baseline.conditions
    if before.get("processor") != now["processor"]:
        raise RequestError(
            f"{path}: nothing is compared, since the baseline is of another kind of processor "
            f"({before.get('processor')}; here {now['processor']}); measure one here with srbench bench --save {path}"
        )
    differences = [
        f"the baseline has another {what} ({before.get(what)}, here {now[what]}); what differs may come of that"
        for what in ("cores", "torch")
        if before.get(what) != now[what]
    ]
    cases = list(watched_cases())
    findings = check(cases, baseline, advance)
    if not findings:
        raise RequestError(f"{path}: names nothing that could be measured; renew it with --save")
    names = {case.name for case in cases}
    unknown = tuple(name for name in (case.name for case in cases) if name not in baseline.ratios)
    gone = tuple(sorted(baseline.ratios.keys() - names))
    return Comparison(tuple(findings), unknown, gone, tuple(differences), now)


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
