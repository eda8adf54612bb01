"""What the report page says: run folders as groups of rows that may be ranked together, and their images."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from srbench.api import TRUTH, Metric
from srbench.leaderboard import GROUP_COLUMNS, Difference, build_tables, compare_pairs, min_images, notes_of, tallies
from srbench.metrics import METRICS
from srbench.runs import Gallery, Record, current_records, labels_of, read_records, read_run

__all__ = ["MOST_IMAGES", "Content", "Group", "ImageRow", "PageRun", "Saved", "gather"]

MOST_IMAGES = 200
"""Of a group are shown one by one, those that separate the methods most: a page of thousands is of use to nobody."""


@dataclass(frozen=True)
class Saved:
    """A saved image.

    Attributes:
        file: Where it lies.
        sha256: `pixel_sha256` that its record gives.
    """

    file: Path
    sha256: str


@dataclass(frozen=True)
class ImageRow:
    """One image of a group.

    Attributes:
        image: Its id.
        figures: The first metric by method, the best first.
        spread: Between the best and the worst method, in the first metric's unit.
        saved: Files by method, HR's under `HR`; empty where none were saved.
    """

    image: str
    figures: Mapping[str, float]
    spread: float
    saved: Mapping[str, Saved]

    @property
    def best(self) -> str:
        """The best method; empty where there is none."""
        return next(iter(self.figures), "")


@dataclass(frozen=True)
class Group:
    """Rows that may be ranked against each other.

    Attributes:
        title: Dataset, factor, protocol.
        protocol: The protocol's name.
        protocol_hash: Of the protocol's rules.
        metric: The first one, by which rows are ranked.
        table: Rows of `build_tables`, best first.
        methods: Their names, in that order.
        images: The images, the one that separates the methods most first.
        differences: Every pair of the methods that scored the same, largest, set of images; of rows that several runs
            hold, one. Empty where the images are too few.
        left_out: Methods that scored other images.
        least: So many images a claim about these methods needs.
    """

    title: str
    protocol: str
    protocol_hash: str
    metric: Metric
    table: pd.DataFrame
    methods: tuple[str, ...]
    images: tuple[ImageRow, ...]
    differences: tuple[Difference, ...]
    left_out: tuple[str, ...]
    least: int

    @property
    def too_few(self) -> bool:
        """Whether the images are too few for a claim."""
        return len(self.methods) > 1 and len(self.images) < self.least


@dataclass(frozen=True)
class PageRun:
    """A run folder: its name, and what `run.json` holds."""

    name: str
    told: Mapping[str, Any]


@dataclass(frozen=True)
class Content:
    """All of a page but the pictures.

    Attributes:
        runs: As given.
        groups: In the leaderboard's order.
        remarks: What a reader must know beside the figures.
    """

    runs: tuple[PageRun, ...]
    groups: tuple[Group, ...]
    remarks: tuple[str, ...]

    @property
    def saved(self) -> bool:
        """Whether any images were saved."""
        return any(row.saved for group in self.groups for row in group.images)


def gather(folders: Sequence[Path]) -> Content:
    """Read run folders.

    Raises:
        RequestError: A folder holds no run.
        StoreError: A run cannot be read.
    """
    runs = {folder: (read_run(folder), read_records(folder)) for folder in dict.fromkeys(folders)}
    labels = labels_of(list(runs))
    table = build_tables({labels[folder]: run for folder, run in runs.items()})
    scored = _scored(runs, labels, table)
    metrics = list(dict.fromkeys(name for run, _ in runs.values() for name in run["plan"]["metrics"]))
    groups = _told_apart(
        _group(key, rows, metrics, scored.get(key, {})) for key, rows in table.groupby(GROUP_COLUMNS, sort=False)
    )
    remarks = dict.fromkeys(remark for run in runs.values() for remark in notes_of(*run))
    return Content(tuple(PageRun(labels[folder], run) for folder, (run, _) in runs.items()), groups, tuple(remarks))


def _told_apart(groups: Iterable[Group]) -> tuple[Group, ...]:
    """Groups of one title, of two folders of one name perhaps, with the hash of their images in it."""
    found = list(groups)
    titles = [group.title for group in found]
    return tuple(
        group
        if titles.count(group.title) == 1
        else replace(group, title=f"{group.title} ({group.table['dataset_sha256'].iloc[0]})")
        for group in found
    )


_Found = tuple[Record, Saved | None, Saved | None]
"""A record, its saved result, and HR."""

_Rows = Mapping[str, tuple[str, Sequence[_Found]]]
"""By the name in the table: the method's own name, and what was scored."""


def _scored(
    runs: Mapping[Path, tuple[Mapping[str, Any], Sequence[Record]]], labels: Mapping[Path, str], table: pd.DataFrame
) -> dict[tuple[Any, ...], dict[str, tuple[str, list[_Found]]]]:
    """Scored records by group and by the name that the method has in the table."""
    known = {(*key, name) for *key, name in table[[*GROUP_COLUMNS, "method"]].itertuples(index=False)}
    found: dict[tuple[Any, ...], dict[str, tuple[str, list[_Found]]]] = {}
    for folder, (run, records) in runs.items():
        gallery = Gallery.of(run)
        for tally in tallies(labels[folder], run, current_records(run, records)):
            method = tally.cell[0]
            name = method if (*tally.group, method) in known else f"{method} ({labels[folder]})"
            methods = found.setdefault(tally.group, {})
            mine = [(record, *_files(folder, gallery, record)) for record in tally.scored]
            # Of two equal rows, the one whose images were saved.
            if name not in methods or (mine and mine[0][1] is not None):
                methods[name] = method, mine
    return found


def _files(folder: Path, gallery: Gallery, record: Record) -> tuple[Saved | None, Saved | None]:
    if not record.image_sha256:
        return None, None
    result, truth = (folder / name for name in (gallery.result(record.key), gallery.truth(record.key)))
    return Saved(result, record.image_sha256), Saved(truth, record.reference_sha256)


def _group(key: tuple[Any, ...], rows: pd.DataFrame, metrics: Sequence[str], scored: _Rows) -> Group:
    dataset, _, scale, protocol, protocol_hash, lr = key
    metric = METRICS[next((name for name in metrics if rows[name].notna().any()), metrics[0])]
    methods = tuple(rows["method"])
    ordered = {name: scored[name] for name in methods if name in scored}
    by_values: dict[tuple[str, tuple[tuple[str, float], ...]], str] = {}
    for name, (method, several) in ordered.items():
        values = {record.key.image: record.scores.get(metric.name) for record, *_ in several}
        known = tuple((image, value) for image, value in values.items() if value is not None)
        by_values.setdefault((method, known), name)  # a row that several runs hold counts once
    figures = {name: dict(values) for (_, values), name in by_values.items()}
    most = max((values.keys() for values in figures.values()), key=len, default=())
    comparable = {name: values for name, values in figures.items() if values and values.keys() == most}
    least = min_images(len(comparable))
    pairs = compare_pairs(comparable, higher_is_better=metric.higher_is_better) if len(most) >= least else []
    return Group(
        title=f"{dataset} ×{scale}, {protocol}{'' if lr == 'made' else ', LR as given'}",
        protocol=protocol,
        protocol_hash=protocol_hash,
        metric=metric,
        table=rows.reset_index(drop=True),
        methods=methods,
        images=_images({name: several for name, (_, several) in ordered.items()}, metric),
        differences=tuple(pairs),
        left_out=tuple(name for name in figures if name not in comparable),
        least=least,
    )


def _images(scored: Mapping[str, Sequence[_Found]], metric: Metric) -> tuple[ImageRow, ...]:
    """A row of each image, the one with the largest spread first."""
    by_image: dict[str, dict[str, _Found]] = {}
    for method, several in scored.items():
        for found in several:
            by_image.setdefault(found[0].key.image, {})[method] = found
    sign = -1 if metric.higher_is_better else 1
    rows = []
    for image, methods in by_image.items():
        values = {name: record.scores.get(metric.name) for name, (record, *_) in methods.items()}
        figures = {name: value for name, value in values.items() if value is not None}
        figures = dict(sorted(figures.items(), key=lambda item: sign * item[1]))
        spread = float(np.ptp(list(figures.values()))) if figures else 0.0
        saved = {name: result for name, (_, result, _) in methods.items() if result is not None}
        truth = next((truth for *_, truth in methods.values() if truth is not None), None)
        saved |= {TRUTH: truth} if truth is not None else {}
        rows.append(ImageRow(image, figures, spread, saved))
    return tuple(sorted(rows, key=lambda row: -row.spread))
