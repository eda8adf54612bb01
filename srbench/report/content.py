"""Content of the report page: groups of rows that may be ranked together, and their images."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from srbench.api import TRUTH, MetricInfo
from srbench.leaderboard import (
    GROUP_COLUMNS,
    Difference,
    Leaderboard,
    Place,
    collected,
    compare_pairs,
    min_images,
    places,
    shared_images,
    tallies,
)
from srbench.runs import Record, Run

MOST_IMAGES = 200
"""Largest number of a table's images shown one by one, those on which the methods differ most first."""


@dataclass(frozen=True)
class Saved:
    """A saved image, and its `pixel_sha256` in the record."""

    file: Path
    sha256: str


@dataclass(frozen=True)
class ImageRow:
    """One image of a table: the methods' values and the saved files.

    Attributes:
        image: The image's id.
        figures: The first metric's value by method, best first.
        spread: Difference between the best and the worst method, in the metric's unit.
        saved: Saved images by method, and the HR compared with them under `HR`; empty if none were saved.
    """

    image: str
    figures: Mapping[str, float]
    spread: float
    saved: Mapping[str, Saved]

    @property
    def best(self) -> str:
        """The best method; empty if no method has a value."""
        return next(iter(self.figures), "")


@dataclass(frozen=True)
class Group:
    """One table of the page: rows of one dataset, scale and protocol, which may be ranked against each other.

    Attributes:
        title: Dataset, scale and protocol.
        protocol: The protocol's name.
        protocol_hash: Hash of the protocol's rules.
        metric: The first metric with values, by which rows are ranked.
        metrics: All metrics by name, in the order requested.
        table: Rows of `build_table`, best first.
        methods: Names of the methods, in the order of `table`.
        images: The images, those on which the methods differ most first.
        differences: Every pair of the methods that scored the largest set of images, each method once; empty if the
            images are too few.
        left_out: Methods left out of `differences`, because they scored other images.
        least: Smallest number of images at which a difference between these methods can be significant.
        compared: Number of images on which all compared methods have a value.
    """

    title: str
    protocol: str
    protocol_hash: str
    metric: MetricInfo
    metrics: Mapping[str, MetricInfo]
    table: pd.DataFrame
    methods: tuple[str, ...]
    images: tuple[ImageRow, ...]
    differences: tuple[Difference, ...]
    left_out: tuple[str, ...]
    least: int
    compared: int

    @property
    def too_few(self) -> bool:
        """Whether there are too few images for any difference to be significant."""
        return len(self.methods) > 1 and self.compared < self.least


@dataclass(frozen=True)
class Content:
    """The content of a page except pictures: runs, groups in the leaderboard's order, and the leaderboard's notes."""

    runs: tuple[Run, ...]
    groups: tuple[Group, ...]
    remarks: tuple[str, ...]

    @property
    def saved(self) -> bool:
        """Whether any images were saved."""
        return any(row.saved for group in self.groups for row in group.images)


def gather(runs: Sequence[Run]) -> Content:
    """Collect the page's content from runs, finished or not: tables, their images, and notes.

    Raises:
        StoreError: Two runs have a metric of the same name with different units or directions.
    """
    board = collected(runs)
    scored = _scored(runs, board.table)
    groups = _distinct(_group(place, rows, board, scored.get(place, {})) for place, rows in places(board.table))
    return Content(tuple(runs), groups, board.notes)


def _distinct(groups: Iterable[Group]) -> tuple[Group, ...]:
    """The groups; equal titles, of two dataset folders of the same name, get the hash of the images added."""
    found = list(groups)
    titles = [group.title for group in found]
    return tuple(
        group
        if titles.count(group.title) == 1
        else replace(group, title=f"{group.title} ({group.table['dataset_sha256'].iloc[0]})")
        for group in found
    )


_Found = tuple[Record, Saved | None, Saved | None]
"""A record, its saved result, and the saved reference."""

_Rows = Mapping[str, tuple[str, Sequence[_Found]]]
"""The method's own name and its scored records, by the name in the table."""


def _scored(runs: Sequence[Run], table: pd.DataFrame) -> dict[Place, dict[str, tuple[str, list[_Found]]]]:
    """Scored records by place and by the method's name in the table."""
    known = {(Place(*key), name) for *key, name in table[[*GROUP_COLUMNS, "method"]].itertuples(index=False)}
    found: dict[Place, dict[str, tuple[str, list[_Found]]]] = {}
    for run in runs:
        for tally in tallies(run):
            method, place = tally.cell.method, tally.place
            name = method if (place, method) in known else f"{method} ({run.label})"
            methods = found.setdefault(place, {})
            scored = [(record, *_files(run, record)) for record in tally.scored]
            # Of two equal rows, the one whose images were saved.
            if name not in methods or (scored and scored[0][1] is not None):
                methods[name] = method, scored
    return found


def _files(run: Run, record: Record) -> tuple[Saved | None, Saved | None]:
    if not record.image_sha256 or run.folder is None:
        return None, None
    result, truth = (run.folder / name for name in (run.gallery.result(record.key), run.gallery.truth(record.key)))
    return Saved(result, record.image_sha256), Saved(truth, record.reference_sha256)


def _group(place: Place, rows: pd.DataFrame, board: Leaderboard, scored: _Rows) -> Group:
    metrics = list(board.metrics.values())
    metric = next((one for one in metrics if rows[one.name].notna().any()), metrics[0])
    methods = tuple(rows["method"])
    ordered = {name: scored[name] for name in methods if name in scored}
    by_values: dict[tuple[str, tuple[tuple[str, float | None], ...]], str] = {}
    for name, (method, several) in ordered.items():
        values = tuple((record.key.image, record.scores.get(metric.name)) for record, *_ in several)
        by_values.setdefault((method, values), name)  # a row that occurs in several runs counts once
    figures = {name: dict(values) for (_, values), name in by_values.items()}
    most = max((values.keys() for values in figures.values()), key=len, default=())
    shared = shared_images(values for values in figures.values() if values.keys() == most)
    known = {name: _known(values, shared) for name, values in figures.items() if values.keys() == most}
    comparable = {name: values for name, values in known.items() if values}
    least = min_images(len(comparable))
    pairs = compare_pairs(comparable, metric) if len(shared) >= least else []
    return Group(
        title=place.title,
        protocol=place.protocol,
        protocol_hash=place.protocol_hash,
        metric=metric,
        metrics=board.metrics,
        table=rows.reset_index(drop=True),
        methods=methods,
        images=_images({name: several for name, (_, several) in ordered.items()}, metric),
        differences=tuple(pairs),
        left_out=tuple(name for name in figures if name not in comparable),
        least=least,
        compared=len(shared),
    )


def _known(values: Mapping[str, float | None], images: frozenset[str]) -> dict[str, float]:
    """Values on the given images; empty if one of them has none."""
    found = {image: value for image, value in values.items() if image in images and value is not None}
    return found if len(found) == len(images) else {}


def _images(scored: Mapping[str, Sequence[_Found]], metric: MetricInfo) -> tuple[ImageRow, ...]:
    """Return a row for each image, sorted by difference between best and worst method, largest first."""
    by_image: dict[str, dict[str, _Found]] = {}
    for method, several in scored.items():
        for found in several:
            by_image.setdefault(found[0].key.image, {})[method] = found
    rows = []
    for image, methods in by_image.items():
        values = {name: record.scores.get(metric.name) for name, (record, *_) in methods.items()}
        figures = {name: value for name, value in values.items() if value is not None}
        figures = dict(sorted(figures.items(), key=lambda item: -metric.sign * item[1]))
        spread = float(np.ptp(list(figures.values()))) if figures else 0.0
        saved = {name: result for name, (_, result, _) in methods.items() if result is not None}
        truth = next((truth for *_, truth in methods.values() if truth is not None), None)
        saved |= {TRUTH: truth} if truth is not None else {}
        rows.append(ImageRow(image, figures, spread, saved))
    return tuple(sorted(rows, key=lambda row: -row.spread))
