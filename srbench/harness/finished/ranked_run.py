"""What the rules of a challenge read from a run, and refusals of what it lacks."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from srbench.api import MethodTiming
from srbench.cards import EfficiencyScore, RulesCard, installed_cards
from srbench.errors import RequestError, suggest
from srbench.leaderboard import Tally, tallies
from srbench.runs import Run

__all__ = ["Costs", "RankedRun"]


@dataclass(frozen=True)
class Costs:
    """Costs of a method.

    Attributes:
        runtime: Milliseconds.
        macs: 10⁹ multiply–adds.
        parameters: 10⁶ parameters.
        timed_in: Precision and runtime library, as in tables.
        steady: Whether the times were steady.
    """

    runtime: float
    macs: float
    parameters: float
    timed_in: str = ""
    steady: bool = True

    def row(self) -> dict[str, float]:
        """Return the costs as columns of a table."""
        return {"runtime_ms": self.runtime, "gmacs": self.macs, "mega_parameters": self.parameters}


@dataclass(frozen=True)
class RankedRun:
    """A run that is scored by rules.

    Attributes:
        folder: The run folder as the user wrote it.
    """

    run: Run
    card: RulesCard
    folder: str

    @property
    def datasets(self) -> tuple[str, ...]:
        """Datasets of the run."""
        return self.run.description.plan.datasets

    @property
    def device(self) -> str:
        """Device that the run's methods ran on."""
        return self.run.description.environment.device

    @cached_property
    def _tallies(self) -> Mapping[tuple[str, str, str], Tally]:
        """Tallies at the rules' scale, by method, dataset and protocol."""
        found = [tally for tally in tallies(self.run) if tally.cell.scale == self.card.scale]
        return {(one.cell.method, one.cell.dataset, one.cell.protocol): one for one in found}

    def chosen(self, methods: Sequence[str]) -> list[str]:
        """Return the given methods, or all of the run if none is given; raise RequestError if one is not in it."""
        known = self.run.description.plan.methods
        for name in methods:
            if name not in known:
                raise RequestError(
                    f"{self.folder}: has no method {name!r}{suggest(name, known)}; choose from {', '.join(known)}"
                )
        return list(dict.fromkeys(methods or known))

    def refuse_incomplete(self, methods: Sequence[str], *, gates: bool) -> None:
        """Raise RequestError if the run lacks what the rules score, except times and single values.

        Without gates, the rules of an efficiency score look at no image; all images of the run must be scored anyway.
        """
        plan, card = self.run.description.plan, self.card
        if card.scale not in plan.scales:
            scales = ", ".join(f"×{scale}" for scale in plan.scales)
            raise self._lacks(f"is of {scales}, but {card.name} scores ×{card.scale}")
        needed = {term.metric for term in card.terms}
        datasets = list(plan.datasets) if card.terms else []
        if gates:
            needed |= {gate.metric for gate in card.checked_gates}
            self._refuse_other_datasets()
            datasets += [gate.dataset for gate in card.checked_gates if gate.dataset not in datasets]
        if datasets:
            self._refuse_other_protocol()
        if missing := sorted(needed - set(plan.metrics)):
            raise self._lacks(f"has no {', '.join(missing)}, which {card.name} needs")
        for method in methods:
            for tally in [self._tally(method, dataset) for dataset in datasets] or self._of(method):
                _refuse_unscored(tally)

    def _refuse_other_datasets(self) -> None:
        for gate in self.card.checked_gates:
            if gate.dataset not in self.datasets:
                raise self._lacks(
                    f"is of {', '.join(self.datasets)}, but the gate of {self.card.name} is on {gate.dataset}",
                    "; or add --without-gates",
                )

    def _refuse_other_protocol(self) -> None:
        """Refuse a run without the rules' protocol, or with another version of it."""
        name, there = self.card.protocol, self.run.description.protocols
        if name not in there:
            raise self._lacks(f"is scored under {', '.join(there)}, but {self.card.name} needs {name}")
        expected = installed_cards().protocol(name).card.hash
        if there[name].hash != expected:
            raise self._lacks(f"is scored under another {name} ({there[name].hash}), expected {expected}")

    def _of(self, method: str) -> list[Tally]:
        """Return a method's tallies at the rules' scale, under any protocol."""
        return [tally for tally in self._tallies.values() if tally.cell.method == method]

    def _tally(self, method: str, dataset: str) -> Tally:
        """Return a tally under the rules' protocol; raise RequestError if the plan left the method out there."""
        try:
            return self._tallies[method, dataset, self.card.protocol]
        except KeyError:
            raise RequestError(
                f"{self.folder}: {method} was not run on {dataset} ×{self.card.scale} under {self.card.protocol}; "
                "choose other methods with --methods"
            ) from None

    def mean(self, method: str, dataset: str, metric: str) -> float:
        """Return a metric's mean over all images of a dataset; raise RequestError if one has no value."""
        tally = self._tally(method, dataset)
        figures = tally.figures(metric, tally.images)
        if figures:
            return math.fsum(figures.values()) / len(figures)
        record = next(one for one in tally.scored if one.scores.get(metric) is None)
        raise RequestError(
            f"{_where(tally)}: no {metric} of {record.key.image} ({record.undefined.get(metric) or 'not computed'}); "
            f"{self.card.name} needs the mean over all images: choose other methods with --methods"
        )

    def costs(self, method: str, score: EfficiencyScore) -> Costs:
        """Return a method's costs at the rules' LR size, from calls with one image.

        Raises:
            RequestError: The method was not timed, or at other sizes only, or shows no network.
        """
        timing = self._timing(method, score)
        if timing.parameters is None or timing.macs is None:
            lacking = "parameters" if timing.parameters is None else "multiply–adds"
            raise RequestError(
                f"{method}: has no {lacking} that srbench can count, but {self.card.name} compares networks; "
                "choose other methods with --methods"
            )
        return Costs(
            timing.seconds.median * 1e3, timing.macs / 1e9, timing.parameters / 1e6, timing.label, timing.steady
        )

    def _timing(self, method: str, score: EfficiencyScore) -> MethodTiming:
        timings, size = self.run.description.timings, f"{score.size[0]}×{score.size[1]}"
        what = f"{method} ×{self.card.scale}"
        found = (
            [one for one in timings.items if (one.method, one.scale) == (method, self.card.scale)] if timings else []
        )
        if not found:
            reasons = [reason for reason in (timings.failed if timings else ()) if reason.startswith(f"{what}: ")]
            why = f" ({reasons[0].removeprefix(f'{what}: ')})" if reasons else ""
            raise self._lacks(f"{what} was not timed{why}, but {self.card.name} needs the time of a {size} image")
        for one in found:
            if (one.width, one.height, one.batch) == (*score.size, 1):
                return one
        sizes = ", ".join(dict.fromkeys(f"{one.width}×{one.height}" for one in found))
        raise self._lacks(f"{what} was timed at {sizes}, but {self.card.name} needs {size}, and no time is rescaled")

    def published(self, score: EfficiencyScore) -> Costs:
        """Return the published costs of the baseline; raise RequestError if its runtime is not known."""
        known = score.baseline
        if known.runtime is None:
            raise RequestError(
                f"{self.card.name}: no source states the runtime of its baseline {known.name}; "
                "add --baseline METHOD, a method of this run"
            )
        return Costs(known.runtime, known.macs, known.parameters)

    def _lacks(self, what: str, more: str = "") -> RequestError:
        return RequestError(f"{self.folder}: {what}; run: {self._command()}{more}")

    def _command(self) -> str:
        """Return the command of a run that the rules can score."""
        card = self.card
        metrics = dict.fromkeys([*(term.metric for term in card.terms), *(gate.metric for gate in card.checked_gates)])
        gated = ",".join(dict.fromkeys(gate.dataset for gate in card.checked_gates))
        words = ["srbench run --methods …", f"--datasets {gated or '…'}", f"--scale {card.scale}"]
        words += [f"--protocol {card.protocol}", *([f"--metrics {','.join(metrics)}"] if metrics else [])]
        if card.efficiency:
            words.append("--timing --size {}x{}".format(*card.efficiency.size))
        return " ".join(words)


def _where(tally: Tally) -> str:
    return f"{tally.cell.method} on {tally.place.short} under {tally.cell.protocol}"


def _refuse_unscored(tally: Tally) -> None:
    missing = tally.expected - len(tally.scored) - tally.failed
    if tally.failed or missing:
        counts = [f"{count} {what}" for count, what in ((tally.failed, "failed"), (missing, "missing")) if count]
        raise RequestError(
            f"{_where(tally)}: {' and '.join(counts)} of {tally.expected} images; complete the run by the same "
            "command, or choose other methods with --methods"
        )
