"""`srbench rank`: the score of a challenge for the methods of a finished run.

Nothing that the rules need is guessed: a metric, image, timing, scale or protocol that the run lacks is refused, and a
runtime at another size is not rescaled.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from srbench.cards import EfficiencyScore, Gate, RulesCard, installed_cards
from srbench.errors import RequestError
from srbench.files import expanded
from srbench.harness.finished.ranked_run import Costs, RankedRun
from srbench.leaderboard import grid
from srbench.runs import open_run

__all__ = ["Ranking", "rank", "ranking_text"]

BELOW = "below the gate"


@dataclass(frozen=True)
class Ranking:
    """Scores of a run's methods under the rules of a challenge.

    Attributes:
        table: A row per method (and dataset, for terms of metrics), best first; methods below a gate last, without
            `rank` and `score`. Columns: `rank`, `method`, `dataset` of terms, `score`, each term as `NAME_term` and
            what it is made of, each gate's mean as `METRIC:DATASET`, `gate`, `rules` and `baseline`.
        rules: The rules.
        notes: Remarks to be printed below the table, a line each.
    """

    table: pd.DataFrame
    rules: RulesCard
    notes: tuple[str, ...]


def rank(
    folder: Path, rules: str, *, baseline: str | None = None, gates: bool = True, methods: Sequence[str] = ()
) -> Ranking:
    """Score the methods of a run by the rules of a challenge.

    Args:
        folder: A run folder.
        rules: Name of a rules card; see `srbench list rules`.
        baseline: Method of the run whose runtime, multiply–adds and parameters are the baseline's; by default the
            published ones, whose runtime is that of another device.
        gates: Whether methods below a gate have no score, for which the run must hold the gate's dataset.
        methods: Methods to score; all of the run by default.

    Raises:
        RequestError: The run lacks something that the rules need; the message says how to get it.
        StoreError: The run cannot be read.
    """
    card = installed_cards().rule_set(rules).card
    if baseline is not None and card.efficiency is None:
        raise RequestError(f"--baseline {baseline}: {card.name} compares with no baseline; leave it out")
    if not gates and not card.gates:
        raise RequestError(f"--without-gates: {card.name} has no gates; leave it out")
    run = RankedRun(open_run(expanded(folder)), card, str(folder))
    names, compared = run.chosen(methods), run.chosen([baseline]) if baseline is not None else []
    run.refuse_incomplete(names, gates=gates)
    if card.efficiency is None:
        rows, notes = _summed(run, names)
    else:
        rows, notes = _efficient(run, card.efficiency, names, *compared)
    notes += _gated(run, rows, gates=gates)
    if card.remark:
        notes.append(card.remark)
    return Ranking(_ordered(rows, card), card, tuple(notes))


def _efficient(
    run: RankedRun, score: EfficiencyScore, names: Sequence[str], baseline: str | None = None
) -> tuple[list[dict[str, Any]], list[str]]:
    """Rows of Σ weight · exp(2 · cost / cost of the baseline), and notes on what was compared."""
    own = run.published(score) if baseline is None else run.costs(baseline, score)
    title = score.baseline.name if baseline is None else baseline
    costs = {name: run.costs(name, score) for name in names}
    rows = []
    for name, found in costs.items():
        terms = {f"{cost}_term": weight * _power(name, found, own, cost) for cost, weight in score.weights}
        rows.append({"method": name, "score": math.fsum(terms.values()), **terms, **found.row(), "baseline": title})
    weights = ", ".join(f"{weight:g} {_COSTS[cost]}" for cost, weight in score.weights)
    notes = [
        f"score: sum of weight · exp(2 · cost / baseline's cost), lower is better, the baseline's is 7.389; {weights}",
        _compared_with(run, score, own, baseline),
        "runtime is the median latency of a call with one {}×{} image".format(*score.size),
    ]
    if len({found.timed_in for found in costs.values()}) > 1:
        notes.append(f"timed in {', '.join(f'{found.timed_in} {name}' for name, found in costs.items())}")
    if unsteady := [name for name, found in costs.items() if not found.steady]:
        notes.append(f"times not steady: {', '.join(unsteady)}")
    return rows, notes


_COSTS = {"runtime": "runtime", "macs": "MACs", "parameters": "parameters"}
"""Costs as they are called in tables."""


def _power(method: str, costs: Costs, baseline: Costs, cost: str) -> float:
    """Return exp(2 · cost / cost of the baseline)."""
    ratio = getattr(costs, cost) / getattr(baseline, cost)
    try:
        return math.exp(2 * ratio)
    except OverflowError:
        raise RequestError(
            f"{method}: {_COSTS[cost]} is {ratio:.0f} times the baseline's, whose exponential is no number; "
            "choose a nearer one with --baseline METHOD, or other methods with --methods"
        ) from None


def _compared_with(run: RankedRun, score: EfficiencyScore, own: Costs, baseline: str | None) -> str:
    figures = f"{own.runtime:.4g} ms, {own.macs:.4g} GMACs, {own.parameters:.4g} M parameters"
    if baseline is not None:
        return f"baseline: {baseline} of this run, {figures}, on {run.device}"
    return (
        f"baseline: {score.baseline.name} as published, {figures}; its runtime was measured on "
        f"{score.baseline.measured_on}, those of this run on {run.device}: for a score of one device add "
        "--baseline METHOD, a method of this run"
    )


def _summed(run: RankedRun, names: Sequence[str]) -> tuple[list[dict[str, Any]], list[str]]:
    """Rows of the sum of terms of metrics, for each dataset of the run."""
    terms = run.card.terms
    rows = []
    for dataset in run.datasets:
        for name in names:
            means = {term.metric: run.mean(name, dataset, term.metric) for term in terms}
            parts = {f"{term.metric}_term": term.value(means[term.metric]) for term in terms}
            rows.append(
                {"method": name, "dataset": dataset, "score": math.fsum(parts.values()), **parts, **means},
            )
    return rows, ["score: sum of the terms, higher is better; a term is of a metric's mean over the dataset's images"]


def _gated(run: RankedRun, rows: Sequence[dict[str, Any]], *, gates: bool) -> list[str]:
    """Fill the gates' columns and remove the scores of methods below one; return a note per gate."""
    checked = run.card.checked_gates if gates else ()
    for row in rows:
        means = {gate: run.mean(row["method"], gate.dataset, gate.metric) for gate in checked}
        row |= {f"{gate.metric}:{gate.dataset}": mean for gate, mean in means.items()}
        row["gate"] = "passed" if checked else "not checked" if run.card.gates else ""
        if any(mean < gate.least for gate, mean in means.items()):
            row |= {"gate": BELOW, "score": None}
    return [_gate_note(gate, run.card.protocol, checked=gate in checked) for gate in run.card.gates]


def _gate_note(gate: Gate, protocol: str, *, checked: bool) -> str:
    what = f"{gate.metric} of at least {gate.least:.2f} on {gate.dataset} under {protocol}"
    if checked:
        return f"gate: {what}"
    return f"gate not checked: {what}{'' if gate.public else ', whose images are not public'}"


def _ordered(rows: Sequence[Mapping[str, Any]], card: RulesCard) -> pd.DataFrame:
    table = pd.DataFrame(rows).assign(rules=card.name)
    places = ["dataset"] if "dataset" in table else ["rules"]
    table["score"] = table["score"].astype(float)
    ranks = table.groupby(places, sort=False)["score"].rank(method="min", ascending=not card.higher_is_better)
    table.insert(0, "rank", ranks.astype("Int64"))
    keys = table.assign(_place=table.groupby(places, sort=False).ngroup())
    order = keys.sort_values(["_place", "rank"], kind="stable", na_position="last").index
    last = [name for name in ("gate", "rules", "baseline") if name in table]
    return table.loc[order, [*table.columns.drop(last), *last]].reset_index(drop=True)


def ranking_text(ranking: Ranking) -> str:
    """Return a ranking as tables of at most 80 columns, one for each dataset: columns that do not fit go into another.

    A method's name of over 60 characters takes more.
    """
    table = ranking.table
    card = ranking.rules
    if "dataset" not in table:
        return f"{card.name}, ×{card.scale}\n{_tables(table, card)}"
    parts = []
    for dataset in dict.fromkeys(table["dataset"]):
        rows = table[table["dataset"] == dataset]
        parts.append(f"{card.name}, {dataset} ×{card.scale}, {card.protocol}\n{_tables(rows, card)}")
    return "\n\n".join(parts)


def _tables(rows: pd.DataFrame, card: RulesCard) -> str:
    method = ["method", *rows["method"]]
    columns = _columns(rows, card)
    blocks: list[list[list[str]]] = [[]]
    for column in columns:
        if blocks[-1] and _width([method, *blocks[-1], column]) > 80:
            blocks.append([])
        blocks[-1].append(column)
    return "\n\n".join(_grid([method, *block]) for block in blocks)


def _grid(columns: Sequence[Sequence[str]]) -> str:
    header, *body = zip(*columns, strict=True)
    return grid(header, body)


def _width(columns: Sequence[Sequence[str]]) -> int:
    return max(len(line) for line in _grid(columns).splitlines())


def _columns(rows: pd.DataFrame, card: RulesCard) -> list[list[str]]:
    """Title and cells of each column beside the method's name: score, its terms, what they are made of, the gates."""

    def column(title: str, name: str, decimals: int) -> list[str]:
        return [title, *("" if pd.isna(value) else _number(value, decimals) for value in rows[name])]

    found = [
        ["#", *("" if pd.isna(value) else str(value) for value in rows["rank"])],
        column(f"score {'↑' if card.higher_is_better else '↓'}", "score", 4),
    ]
    if card.efficiency:
        found += [column(title, f"{cost}_term", 4) for cost, title in _COSTS.items()]
    found += [column(term.label or term.metric, f"{term.metric}_term", 4) for term in card.terms]
    if card.gates:
        found.append(["gate", *rows["gate"]])
    for gate in card.checked_gates:
        if f"{gate.metric}:{gate.dataset}" in rows:
            found.append(column(f"{gate.metric.upper()} {gate.dataset}", f"{gate.metric}:{gate.dataset}", 4))
    if card.efficiency:
        titles = {"runtime_ms": "ms", "gmacs": "GMACs", "mega_parameters": "M parameters"}
        found += [column(title, name, 4) for name, title in titles.items()]
    return found


def _number(value: float, decimals: int) -> str:
    return f"{value:.{decimals}f}" if abs(value) < 1e6 else f"{value:.3e}"
