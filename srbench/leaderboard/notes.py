"""What a reader must know beside a leaderboard's figures: refusals, failures, warnings, too few images."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from srbench.leaderboard.columns.downstream import below_chance, disagreements
from srbench.leaderboard.significance.paired import min_images
from srbench.leaderboard.table import build_table
from srbench.leaderboard.tally import GROUP_COLUMNS, Tally, largest_sets, tallies
from srbench.runs import Described, Record, cells, current_records

__all__ = ["notes_of"]


def notes_of(run: Described, records: Sequence[Record]) -> list[str]:
    """What a reader must know beside the figures: cells refused, images failed or missing, metrics undefined, warnings.

    Like remarks about several images become one line.
    """
    current = current_records(run, records)
    found = [
        f"not run: {item['method']} ×{item['scale']} under {item['protocol']}: {item['reason']}"
        for item in run["refused"]
    ]
    found += [_trial(trial) for trial in run.get("trials", ())]
    found += _not_as_asked(run, current)
    for name, described in run.get("classifiers", {}).items():
        found += [
            f"labels of {data} are not used by {name}: {why}"
            for data, why in described.get("unused_labels", {}).items()
        ]
        found += [f"labels of {data} for {name}: {why}" for data, why in described.get("passed_over", {}).items()]
    found += [f"not timed: {reason}" for reason in run.get("timings", {}).get("failed", ())]
    found += _grouped_remarks(current)
    found += _blank_rows(run, current)
    found += [
        f"{name} looked at {cost['results']:,} results and {cost['hr_images']:,} HR images in {cost['seconds']:.1f} s"
        for name, cost in run.get("looking", {}).items()
    ]
    found += _too_few(run, current)
    if "psnr" in run["plan"]["metrics"] and run["plan"].get("classifiers"):
        for (dataset, _, scale, *_), rows in build_table(run, current).groupby(GROUP_COLUMNS, sort=False):
            found += disagreements(f"{dataset} ×{scale}", rows)
            found += below_chance(f"{dataset} ×{scale}", rows)
    expected = sum(len(run["datasets"][cell[1]]["images"]) for cell in cells(run))
    if len(current) < expected:
        found.append(f"unfinished: {len(current)} of {expected} records; run the same command again to complete it")
    return found


def _trial(trial: Mapping[str, Any]) -> str:
    """What `--precision auto` found."""
    where = f"{trial['method']} ×{trial['scale']} on {trial['dataset']}: {trial['precision']}"
    if trial["problem"]:
        return f"{where}, since {trial['problem']}"
    return (
        f"{where}, since on the first {trial['images']} images bf16 moves PSNR by at most {trial['difference']:.4f} dB "
        f"and is {trial['speedup']:.1f} times as fast as fp32"
    )


def _not_as_asked(run: Described, records: Sequence[Record]) -> Iterator[str]:
    """Which methods ran in float32 although something else was asked for."""
    precision, runtime = run["plan"].get("precision", "fp32"), run["plan"].get("runtime", "eager")
    asked = [word for word in (precision, runtime) if word not in ("fp32", "eager")]
    tried = {trial["method"] for trial in run.get("trials", ())}
    plain = [record.key.method for record in records if record.precision == "fp32" and record.key.method not in tried]
    if asked and plain:
        yield (
            f"in fp32 with torch, because they show no network that {' '.join(asked)} could run: "
            f"{', '.join(dict.fromkeys(plain))}"
        )


def _grouped_remarks(records: Sequence[Record]) -> list[str]:
    """One line for each remark: methods with the same images share it, images with the same remark too."""
    by_method: dict[tuple[str, str], list[tuple[str, Record]]] = defaultdict(list)
    for record in records:
        for remark in _remarks(record):
            # Warnings that differ only in their figures are one warning.
            kind = re.sub(r"[\d.]+", "#", remark) if remark.startswith("suspicious") else remark
            by_method[record.key.method, kind].append((remark, record))
    merged: dict[tuple[str, tuple[Any, ...]], list[tuple[str, Record]]] = defaultdict(list)
    for (_, kind), group in by_method.items():
        merged[kind, tuple(tuple(record.key[1:]) for _, record in group)] += group
    lines: list[str] = []
    for group in merged.values():
        remarks = {remark for remark, _ in group}
        differing = f" (the first of {len(remarks)} different figures)" if len(remarks) > 1 else ""
        lines.append(f"{_where([record for _, record in group])}: {group[0][0]}{differing}")
    return lines


def _too_few(run: Described, current: Sequence[Record]) -> Iterator[str]:
    """Datasets on which no difference between methods can be called real."""
    groups: dict[tuple[Any, ...], list[Tally]] = defaultdict(list)
    for tally in tallies("", run, current):
        if tally.images:
            groups[tally.group].append(tally)
    small: dict[int, dict[str, None]] = defaultdict(dict)
    for (dataset, *_), same in groups.items():
        if len(same) > 1 and max(len(tally.images) for tally in same) < min_images(len(same)):
            small[len(same)][dataset] = None
    for methods, datasets in sorted(small.items()):
        yield (
            f"{', '.join(datasets)}: too few images for a claim that one method is better than another "
            f"({methods} methods need {min_images(methods)})"
        )


def _blank_rows(run: Described, current: Sequence[Record]) -> Iterator[str]:
    """Why a row with scored images has no figures."""
    found = list(tallies("", run, current))
    largest = largest_sets(found)
    for tally in found:
        if tally.images and tally.images != largest[tally.group]:
            method, dataset, scale, protocol, _ = tally.cell
            yield (
                f"{method} ×{scale} on {dataset} under {protocol}: no figures, because its {len(tally.images)} scored "
                f"images are not the {len(largest[tally.group])} of the other rows"
            )


def _remarks(record: Record) -> Iterator[str]:
    if record.error is not None:
        yield f"failed: {record.error}"
    for metric, reason in record.undefined.items():
        yield f"no {metric}: {reason}"
    for warning in record.warnings:
        yield f"suspicious: {warning}"


def _where(records: Sequence[Record]) -> str:
    def listed(values: Iterator[object]) -> str:
        different = list(dict.fromkeys(str(value) for value in values))
        return ", ".join(different[:4]) + (f" and {len(different) - 4} more" if len(different) > 4 else "")

    keys = [record.key for record in records]
    methods, scales = listed(key.method for key in keys), listed(f"×{key.scale}" for key in keys)
    places = listed(f"{key.dataset}/{key.image}" for key in keys)
    return f"{methods} {scales} on {places}"
