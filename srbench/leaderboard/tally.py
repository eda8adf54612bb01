"""A cell's records counted, and the groups of cells that may be ranked together."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from srbench.api import named_parts
from srbench.leaderboard.columns.downstream import downstream_row
from srbench.leaderboard.columns.speed import speed_row
from srbench.metrics import METRICS
from srbench.runs import Described, Record, cells

__all__ = ["GROUP_COLUMNS", "Tally", "largest_sets", "tallies"]

GROUP_COLUMNS = ["dataset", "dataset_sha256", "scale", "protocol", "protocol_hash", "lr"]
"""Rows that agree in these may be ranked against each other."""


@dataclass(frozen=True)
class Tally:
    """What became of a cell's images; `run` is what `run.json` holds."""

    label: str
    run: Described
    cell: tuple[Any, ...]
    scored: tuple[Record, ...]
    failed: int

    @property
    def images(self) -> frozenset[str]:
        """The scored ones."""
        return frozenset(record.key.image for record in self.scored)

    @property
    def group(self) -> tuple[Any, ...]:
        """`GROUP_COLUMNS`."""
        _, dataset, scale, protocol, lr = self.cell
        run = self.run
        return dataset, run["datasets"][dataset]["sha256"], scale, protocol, run["protocols"][protocol]["hash"], lr

    def figures(self, metric: str) -> dict[str, float]:
        """A metric by image; nothing where an image lacks it."""
        values = {record.key.image: record.scores.get(metric) for record in self.scored}
        known = {image: value for image, value in values.items() if value is not None}
        return known if len(known) == len(values) else {}

    def _seen(self) -> dict[str, Any]:
        """What classifiers made of its images."""
        classifiers = self.run["plan"].get("classifiers", ())
        row = downstream_row(classifiers, [record.seen for record in self.scored])
        for name in classifiers:
            described = self.run["classifiers"][name]
            used = self.cell[1] not in described.get("unused_labels", {})
            row[f"{name}:identity"] = described["identity"]
            row[f"{name}:labels"] = self.run["datasets"][self.cell[1]].get("labels_sha256", "") if used else ""
        return row

    def row(self, *, comparable: bool) -> dict[str, Any]:
        """The table's row; without figures where the images are not those of its group."""
        method, _, scale, _, _ = self.cell
        means = {name: _mean([record.scores.get(name) for record in self.scored]) for name in METRICS}
        expected = len(self.run["datasets"][self.cell[1]]["images"])
        environment = self.run["environment"]
        labels = sorted({record.precision for record in self.scored})
        precisions, runtimes = zip(*map(named_parts, labels), strict=True) if labels else ((), ())
        return {
            "method": method,
            **dict(zip(GROUP_COLUMNS, self.group, strict=True)),
            "images": len(self.scored),
            **(means | self._seen() if comparable else {}),
            "failed": self.failed,
            "missing": expected - len(self.scored) - self.failed,
            "weights_sha256": self.run["methods"][method].get(str(scale), {}).get("weights", ""),
            "device": environment["device"],
            "precision": " / ".join(dict.fromkeys(precisions)),
            "runtime": " / ".join(dict.fromkeys(runtimes)),
            "srbench": self.run["srbench"],
            **speed_row(self.run.get("timings", {}), method, scale),
        }


def largest_sets(tallies: Sequence[Tally]) -> dict[tuple[Any, ...], frozenset[str]]:
    """The largest set of images that a cell of each group has scored."""
    largest: dict[tuple[Any, ...], frozenset[str]] = {}
    for tally in tallies:
        largest[tally.group] = max(largest.get(tally.group, frozenset()), tally.images, key=len)
    return largest


def tallies(label: str, run: Described, current: Sequence[Record]) -> Iterator[Tally]:
    """A tally of each cell of a run; `current` is what `current_records` found."""
    by_cell: dict[tuple[Any, ...], list[Record]] = defaultdict(list)
    for record in current:
        by_cell[tuple(record.key[:-1])].append(record)
    for cell in cells(run):
        found = by_cell[cell]
        scored = tuple(record for record in found if record.status == "ok")
        yield Tally(label, run, cell, scored, len(found) - len(scored))


def _mean(values: Sequence[float | None]) -> float | None:
    present = [value for value in values if value is not None]
    return math.fsum(present) / len(present) if present and len(present) == len(values) else None
