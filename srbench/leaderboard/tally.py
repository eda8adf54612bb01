"""Counts of a cell's records, and the groups of cells that may be ranked together."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

import pandas as pd

from srbench.api import MetricInfo, named_parts
from srbench.errors import StoreError
from srbench.leaderboard.columns.downstream import downstream_row
from srbench.leaderboard.columns.speed import speed_row
from srbench.runs import CellKey, Record, Run, RunDescription


class Place(NamedTuple):
    """Dataset, scale, protocol and source of LR; rows that agree in all of them may be ranked against each other."""

    dataset: str
    dataset_sha256: str
    scale: int
    protocol: str
    protocol_hash: str
    lr: str

    @property
    def short(self) -> str:
        """Dataset and scale as text, such as `set5 ×4`."""
        return f"{self.dataset} ×{self.scale}"

    @property
    def title(self) -> str:
        """Dataset, scale and protocol as text, such as `set5 ×4, classic-y`."""
        return f"{self.short}, {self.protocol}{self._given}"

    @property
    def ruled(self) -> str:
        """Dataset, scale and protocol as text, with the protocol's hash."""
        return f"{self.short}, {self.protocol} ({self.protocol_hash}){self._given}"

    @property
    def identified(self) -> str:
        """Dataset, scale and protocol as text, with the hashes of dataset and protocol."""
        return f"{self.short} ({self.dataset_sha256}), {self.protocol} ({self.protocol_hash}){self._given}"

    @property
    def _given(self) -> str:
        return "" if self.lr == "made" else ", LR as given"


GROUP_COLUMNS = list(Place._fields)
"""Columns of a leaderboard in which rows must agree to be ranked against each other: the fields of `Place`."""


def places(table: pd.DataFrame) -> Iterator[tuple[Place, pd.DataFrame]]:
    """Yield each dataset, scale and protocol of a leaderboard with its rows, in the table's order."""
    for values, rows in table.groupby(GROUP_COLUMNS, sort=False):
        yield Place(*cast(tuple[Any, ...], values)), rows


@dataclass(frozen=True)
class Tally:
    """Records of a cell's scored images, and the number of failed images; `label` is the run's name."""

    label: str
    run: RunDescription
    cell: CellKey
    scored: tuple[Record, ...]
    failed: int

    @property
    def images(self) -> frozenset[str]:
        """Ids of the scored images."""
        return frozenset(record.key.image for record in self.scored)

    @property
    def expected(self) -> int:
        """Number of images in the cell."""
        return len(self.run.datasets[self.cell.dataset].images)

    @property
    def place(self) -> Place:
        """Dataset, scale and protocol within which the cell's row may be ranked."""
        _, dataset, scale, protocol, lr = self.cell
        data, rules = self.run.datasets[dataset], self.run.protocols[protocol]
        return Place(dataset, data.sha256, scale, protocol, rules.hash, lr)

    def values(self, metric: str) -> dict[str, float | None]:
        """Return a metric's values by image id; None where the metric is undefined."""
        return {record.key.image: record.scores.get(metric) for record in self.scored}

    def figures(self, metric: str, images: frozenset[str]) -> dict[str, float]:
        """Return a metric's values on the given images by image id; empty if the metric is undefined for any."""
        found = {image: value for image, value in self.values(metric).items() if image in images and value is not None}
        return found if len(found) == len(images) else {}

    def _recognition(self) -> dict[str, Any]:
        """Values of the classifiers' columns."""
        run, dataset = self.run, self.cell.dataset
        row = downstream_row(run.plan.classifiers, [record.seen for record in self.scored])
        for name, classifier in run.classifiers.items():
            used = dataset not in classifier.unused_labels
            row[f"{name}:identity"] = classifier.identity
            row[f"{name}:labels"] = run.datasets[dataset].labels_sha256 if used else ""
        return row

    def row(self, shared: Mapping[str, frozenset[str]] | None) -> dict[str, Any]:
        """Return the cell's row of the leaderboard.

        Args:
            shared: Images that each metric's mean is taken over, by metric name; None for a row without means, because
                its images are not those of the other rows.
        """
        run, (method, _, scale, _, _) = self.run, self.cell
        comparable = shared is not None
        means = {name: _mean(self.figures(name, images)) for name, images in (shared or {}).items()}
        labels = sorted({record.precision for record in self.scored})
        precisions, runtimes = zip(*map(named_parts, labels), strict=True) if labels else ((), ())
        return {
            "method": method,
            **self.place._asdict(),
            "images": len(self.scored),
            **(means | self._recognition() if comparable else {}),
            "failed": self.failed,
            "missing": self.expected - len(self.scored) - self.failed,
            "weights_sha256": run.methods[method].get(scale, {}).get("weights", ""),
            "device": run.environment.device,
            "precision": " / ".join(dict.fromkeys(precisions)),
            "runtime": " / ".join(dict.fromkeys(runtimes)),
            "srbench": run.srbench,
            **speed_row(run.timings.items if run.timings else (), method, scale),
        }


def tallies(run: Run) -> Iterator[Tally]:
    """Yield the scored records and number of failures of each cell of a run."""
    by_cell: dict[CellKey, list[Record]] = defaultdict(list)
    for record in run.records:
        by_cell[record.key.cell].append(record)
    for cell in run.description.cells():
        found = by_cell[cell]
        scored = tuple(record for record in found if record.status == "ok")
        yield Tally(run.label, run.description, cell, scored, len(found) - len(scored))


def largest_sets(tallies: Sequence[Tally]) -> dict[Place, frozenset[str]]:
    """Return the largest set of image ids that any cell scored, by dataset, scale and protocol."""
    largest: dict[Place, frozenset[str]] = {}
    for tally in tallies:
        largest[tally.place] = max(largest.get(tally.place, frozenset()), tally.images, key=len)
    return largest


def metrics_of(runs: Sequence[Run]) -> dict[str, MetricInfo]:
    """Return the metrics of runs as a mapping from name to `MetricInfo`, in the order requested.

    Raises:
        StoreError: Two runs have a metric of the same name with different units, directions or weight files.
    """
    found: dict[str, MetricInfo] = {}
    weights: dict[str, str] = {}
    for run in runs:
        for name, info in run.description.infos().items():
            known, file = found.setdefault(name, info), run.description.metrics[name].weights
            if weights.setdefault(name, file) != file:
                raise StoreError(
                    f"{run.label}: metric {name} has another weight file ({file[:8]}…) than in another run "
                    f"({weights[name][:8]}…); tabulate this run alone"
                )
            if (known.unit, known.higher_is_better) != (info.unit, info.higher_is_better):
                raise StoreError(f"{run.label}: metric {name} has another unit or direction; tabulate this run alone")
    return found


def shared_images(rows: Iterable[Mapping[str, float | None]]) -> frozenset[str]:
    """Return the images over which the means of several rows can be compared.

    An image on which some row has no value, such as the PSNR of an exact copy, is left out of all rows. A row that has
    no value on more than half of its images leaves none out: it has no mean itself.

    Args:
        rows: A metric's values by image id, None where the metric is undefined.
    """
    known = [({image for image, value in row.items() if value is not None}, len(row)) for row in rows]
    taking_part = [frozenset(images) for images, total in known if images and 2 * len(images) >= total]
    return frozenset.intersection(*taking_part) if taking_part else frozenset()


def shared_by_metric(found: Sequence[Tally]) -> dict[str, frozenset[str]]:
    """Return the `shared_images` of cells that may be ranked together, by metric name."""
    names = dict.fromkeys(name for tally in found for name in tally.run.plan.metrics)
    return {
        name: shared_images(tally.values(name) for tally in found if name in tally.run.plan.metrics) for name in names
    }


def _mean(figures: Mapping[str, float]) -> float | None:
    return math.fsum(figures.values()) / len(figures) if figures else None
