"""Downstream scores as columns of a leaderboard, and as printed tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from srbench.api import Prediction
from srbench.leaderboard.columns.recognition import Estimate, by_attribute, estimates, headline

_WITH_INTERVAL = {
    "accuracy": True,
    "hr_accuracy": False,
    "retained": True,
    "balanced": True,
    "hr_balanced": False,
    "guess_accuracy": False,
}

_WITHOUT_LABELS = {"top1": True, "top5": True, "agreement": True, "kl": True}

_LAYOUTS = {
    "accuracy": (("accuracy", "accuracy"), ("balanced", "balanced"), ("retained", "retained")),
    "top1": (("top-1", "top1"), ("top-5", "top5"), ("KL", "kl")),
    "agreement": (("agreement", "agreement"), ("KL", "kl")),
}
"""Titles and names of the columns of a printed table, of 80 characters, by headline."""

_INTERVALS_SHOWN = ("accuracy", "retained", "top1", "agreement", "kl")


def seen_by(classifier: str, seen: Sequence[Mapping[str, Any]]) -> list[Prediction]:
    """Return one classifier's predictions from the `seen` mappings of records."""
    return [Prediction.from_description(one[classifier]) for one in seen if classifier in one]


def downstream_columns(classifiers: Sequence[str]) -> list[str]:
    """Return the names of the classifiers' columns, such as `celeba-attributes:accuracy_low`."""
    return [
        f"{classifier}:{name}{end}"
        for classifier in classifiers
        for name, interval in (_WITH_INTERVAL | _WITHOUT_LABELS).items()
        for end in (("", "_low", "_high") if interval else ("",))
    ]


def downstream_row(classifiers: Sequence[str], seen: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the classifiers' scores of one row by column name, without columns that do not apply."""
    row: dict[str, Any] = {}
    for classifier in classifiers:
        for name, estimate in estimates(seen_by(classifier, seen)).items():
            row |= {f"{classifier}:{name}{end}": value for end, value in _ends(estimate)}
    return row


def _ends(estimate: Estimate) -> Iterator[tuple[str, float]]:
    yield "", estimate.value
    if estimate.low is not None and estimate.high is not None:
        yield "_low", estimate.low
        yield "_high", estimate.high


def attribute_rows(classifier: str, names: Sequence[str], seen: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return a row of counts and accuracies for each attribute; empty unless all images have attribute labels."""
    images = seen_by(classifier, seen)
    if not images or images[0].task != "attributes" or any(one.truth is None for one in images):
        return []
    return by_attribute(images, names)


def is_score(column: str) -> bool:
    """Whether a leaderboard's column holds a classifier's score, and not the end of an interval."""
    return column.rpartition(":")[2] in _WITH_INTERVAL | _WITHOUT_LABELS and ":" in column


def is_better_low(column: str) -> bool:
    """Whether lower values of a classifier's column are better, as for the KL divergence."""
    return column.endswith(":kl")


def disagreements(place: str, rows: pd.DataFrame) -> Iterator[str]:
    """Yield a line for each classifier that scores higher, with disjoint intervals, on a method with lower PSNR.

    The line names the pair with the largest difference in score.

    Args:
        place: Dataset and scale, for the text.
        rows: Leaderboard rows of one dataset, scale and protocol.
    """
    for classifier, first in _headlines(rows):
        column = f"{classifier}:{first}"
        if f"{column}_low" not in rows:
            continue
        known = rows[rows[[column, f"{column}_low", f"{column}_high", "psnr"]].notna().all(axis=1)]
        pairs = [
            (useful[column] - faithful[column], useful, faithful)
            for _, useful in known.iterrows()
            for _, faithful in known.iterrows()
            if useful["psnr"] < faithful["psnr"] and useful[f"{column}_low"] > faithful[f"{column}_high"]
        ]
        if pairs:
            _, useful, faithful = max(pairs, key=lambda pair: pair[0])
            more = f" ({len(pairs)} such pairs)" if len(pairs) > 1 else ""
            yield (
                f"{classifier} on {place} disagrees with PSNR: {useful['method']} has {first} {useful[column]:.3f} "
                f"at {useful['psnr']:.3f} dB, {faithful['method']} {faithful[column]:.3f} at "
                f"{faithful['psnr']:.3f} dB{more}"
            )


def below_chance(place: str, rows: pd.DataFrame) -> Iterator[str]:
    """Yield a line for each classifier whose accuracy on HR is below that of guessing."""
    for classifier, _ in _headlines(rows):
        hr, guess = f"{classifier}:hr_accuracy", f"{classifier}:guess_accuracy"
        if hr in rows and (rows[hr] < rows[guess]).any():
            yield (
                f"{classifier} is right about {rows[hr].min():.3f} of HR on {place}, and guessing about "
                f"{rows[guess].max():.3f}: are these its images, and their labels?"
            )


def _headlines(rows: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Each classifier with scores in these rows, and its headline score."""
    for classifier in dict.fromkeys(column.rpartition(":")[0] for column in map(str, rows) if is_score(column)):
        first = headline(_present(rows, classifier))
        if first is not None:
            yield classifier, first


def _present(rows: pd.DataFrame, classifier: str) -> list[str]:
    known = [name for name in _WITH_INTERVAL | _WITHOUT_LABELS if f"{classifier}:{name}" in rows]
    return [name for name in known if rows[f"{classifier}:{name}"].notna().any()]


def downstream_blocks(
    heading: str, rows: pd.DataFrame, *, ordered: bool = False
) -> Iterator[tuple[str, list[str], list[list[str]]]]:
    """Yield heading, column names and cells of a table for each classifier version and labels, best method first.

    Args:
        heading: Dataset, scale and protocol.
        rows: Leaderboard rows of one dataset, scale and protocol.
        ordered: Keep the rows' order.
    """
    for classifier in dict.fromkeys(column.rpartition(":")[0] for column in map(str, rows) if is_score(column)):
        alike = [f"{classifier}:identity", f"{classifier}:labels"]
        parts = [part for _, part in rows.groupby(alike, sort=False, dropna=False)]
        for part in parts:
            named = f"{classifier} ({part[alike[0]].iloc[0]})" if len(parts) > 1 else classifier
            yield from _block(classifier, f"{named} on {heading}", part, ordered=ordered)


def _block(
    classifier: str, heading: str, rows: pd.DataFrame, *, ordered: bool
) -> Iterator[tuple[str, list[str], list[list[str]]]]:
    first = headline(_present(rows, classifier))
    if first is not None:
        layout = [(title, name) for title, name in _LAYOUTS[first] if name in _present(rows, classifier)]
        shown = [name for _, name in layout if name in _INTERVALS_SHOWN and _known(rows, f"{classifier}:{name}_low")]
        header = ["method", "N"]
        for title, name in layout:
            header += [title, "95 %"] if name in shown else [title]
        best = rows if ordered else rows.sort_values(f"{classifier}:{first}", ascending=False, kind="stable")
        body = [
            [str(row["method"]), str(row["images"]), *_cells(row, classifier, [name for _, name in layout], shown)]
            for _, row in best.iterrows()
        ]
        yield f"{heading}{_constants(rows, classifier)}", header, body


def _known(rows: pd.DataFrame, column: str) -> bool:
    return column in rows and bool(rows[column].notna().any())


def _constants(rows: pd.DataFrame, classifier: str) -> str:
    """Values that are the same for every method of a place: accuracy on HR and of guessing."""
    known = [
        (words, rows[f"{classifier}:{name}"].dropna().unique())
        for words, name in (("HR", "hr_accuracy"), ("guessing", "guess_accuracy"))
        if f"{classifier}:{name}" in rows
    ]
    constants = [f"{words} {values[0]:.3f}" for words, values in known if len(values) == 1]
    return f": {', '.join(constants)}" if constants else ": agreement with HR"


def _cells(row: pd.Series[Any], classifier: str, names: Sequence[str], shown: Sequence[str]) -> Iterator[str]:
    for name in names:
        column = f"{classifier}:{name}"
        yield "" if pd.isna(row[column]) else f"{row[column]:.3f}"
        if name in shown:
            low, high = row[f"{column}_low"], row[f"{column}_high"]
            yield "" if pd.isna(low) else f"{low:.3f}–{high:.3f}"
