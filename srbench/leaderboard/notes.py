"""Notes below a leaderboard: refusals, failures, warnings, files passed over, too few images."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from srbench.api import Trial
from srbench.leaderboard.columns.downstream import below_chance, disagreements
from srbench.leaderboard.significance.paired import min_images
from srbench.leaderboard.table import build_table
from srbench.leaderboard.tally import Place, Tally, largest_sets, places, shared_by_metric, tallies
from srbench.runs import Record, Run

_MOST_DAMAGED = 5
"""Largest number of damaged lines that are named one by one."""


def notes_of(run: Run) -> list[str]:
    """Return a line per remark: refused cells, failed or missing images, undefined metrics, warnings, few images."""
    about = run.description
    found = [*run.damaged[:_MOST_DAMAGED]]
    if len(run.damaged) > _MOST_DAMAGED:
        found.append(f"records.jsonl: {len(run.damaged) - _MOST_DAMAGED} more such lines")
    found += [f"not run: {refusal}" for refusal in about.refused]
    found += [_trial(trial) for trial in about.trials]
    found += _not_as_asked(run)
    found += _unknown_variables(run)
    found += _passed_over(run)
    found += [f"{name}: {one.remark}; device: {one.device}" for name, one in about.metrics.items() if one.remark]
    for name, classifier in about.classifiers.items():
        found += [f"labels of {data} are not used by {name}: {why}" for data, why in classifier.unused_labels.items()]
        found += [f"labels of {data} for {name}: {why}" for data, why in classifier.passed_over.items()]
    found += [f"not timed: {reason}" for reason in (about.timings.failed if about.timings else ())]
    found += _grouped_remarks(run.records)
    found += _blank_rows(run)
    found += _left_out(run)
    found += [
        f"{name} looked at {cost.results:,} results and {cost.hr_images:,} HR images in {cost.seconds:.1f} s"
        for name, cost in about.classifier_cost.items()
    ]
    found += _too_few(run)
    if "psnr" in about.plan.metrics and about.plan.classifiers:
        for place, rows in places(build_table([run])):
            found += disagreements(place.short, rows)
            found += below_chance(place.short, rows)
    expected = sum(len(about.datasets[cell.dataset].images) for cell in about.cells())
    if len(run.records) < expected:
        found.append(f"unfinished: {len(run.records)} of {expected} records; run the same command again to complete it")
    return found


def _trial(trial: Trial) -> str:
    """The choice of `--precision auto`, with the reason."""
    where = f"{trial.method} ×{trial.scale} on {trial.dataset}: {trial.precision}"
    if trial.problem:
        return f"{where}, since {trial.problem}"
    return (
        f"{where}, since on the first {trial.images} images bf16 moves PSNR by at most {trial.difference:.4f} dB "
        f"and is {trial.speedup:.1f} times as fast as fp32"
    )


def _not_as_asked(run: Run) -> Iterator[str]:
    """Methods that ran in float32 although another precision or runtime was requested."""
    plan = run.description.plan
    asked = [word for word in (plan.precision, plan.runtime) if word not in ("fp32", "eager")]
    tried = {trial.method for trial in run.description.trials}
    plain = [one.key.method for one in run.records if one.precision == "fp32" and one.key.method not in tried]
    if asked and plain:
        yield (
            f"in fp32 with torch, because they show no network that {' '.join(asked)} could run: "
            f"{', '.join(dict.fromkeys(plain))}"
        )


def _passed_over(run: Run) -> Iterator[str]:
    """Files of a dataset's folder that look like images but are not read."""
    for name, dataset in run.description.datasets.items():
        if others := dataset.passed_over:
            more = f" and {len(others) - 4} more" if len(others) > 4 else ""
            count = f"{len(others)} files that are" if len(others) > 1 else "1 file that is"
            yield f"{name}: passed over {count} not read: {', '.join(others[:4])}{more}"


def _unknown_variables(run: Run) -> Iterator[str]:
    """Methods whose scores may depend on environment variables that their fingerprint does not hold."""
    methods = run.description.methods
    names = [name for name, scales in methods.items() if any("variables" in one for one in scales.values())]
    if names:
        yield (
            f"{_listed(names)}: reads environment variables by names that its source does not show; a change of them "
            "is not noticed, and old scores are kept"
        )


def _grouped_remarks(records: Sequence[Record]) -> list[str]:
    """One line per remark, shared by all images and methods it applies to."""
    by_method: dict[tuple[str, str], list[tuple[str, Record]]] = defaultdict(list)
    for record in records:
        for remark in _remarks(record):
            # Warnings, and remarks of metrics, that differ only in their numbers count as one.
            alike = remark.startswith("suspicious") or remark.partition(": ")[0] in record.remarks
            kind = re.sub(r"[\d.]+", "#", remark) if alike else remark
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


def _too_few(run: Run) -> Iterator[str]:
    """Datasets with too few images for any difference between methods to be significant."""
    by_place: dict[Place, list[int]] = defaultdict(list)
    for tally in tallies(run):
        if tally.images:
            by_place[tally.place].append(len(tally.images))
    small: dict[int, dict[str, None]] = defaultdict(dict)
    for place, counts in by_place.items():
        if len(counts) > 1 and max(counts) < min_images(len(counts)):
            small[len(counts)][place.dataset] = None
    for methods, datasets in sorted(small.items()):
        yield (
            f"{', '.join(datasets)}: too few images for a claim that one method is better than another "
            f"({methods} methods need {min_images(methods)})"
        )


def _blank_rows(run: Run) -> Iterator[str]:
    """Why a row with scored images has no figures."""
    found = list(tallies(run))
    largest = largest_sets(found)
    for tally in found:
        if tally.images and tally.images != largest[tally.place]:
            cell = tally.cell
            yield (
                f"{cell.method} ×{cell.scale} on {cell.dataset} under {cell.protocol}: no figures, because its "
                f"{len(tally.images)} scored images are not the {len(largest[tally.place])} of the other rows"
            )


def _left_out(run: Run) -> Iterator[str]:
    """Images that a metric's means leave out of all rows, because a row has no value on them."""
    found = list(tallies(run))
    largest = largest_sets(found)
    by_place: dict[Place, list[Tally]] = defaultdict(list)
    for tally in found:
        if tally.images and tally.images == largest[tally.place]:
            by_place[tally.place].append(tally)
    for place, same in by_place.items():
        for metric, images in shared_by_metric(same).items():
            missing = sorted(largest[place] - images)
            if missing and not images and metric == run.description.plan.metrics[0]:
                yield f"{place.short} under {place.protocol} is not ranked: most images have no {metric}, the first"
            if missing and images:
                values = {tally.cell.method: tally.values(metric) for tally in same}
                whose = [method for method, of in values.items() if any(of.get(image) is None for image in missing)]
                yield (
                    f"{metric} on {place.short} under {place.protocol} is the mean of {len(images)} of "
                    f"{len(largest[place])} images: {_listed(missing)} left out, without a value for {_listed(whose)}"
                )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def _remarks(record: Record) -> Iterator[str]:
    if record.error is not None:
        yield f"failed: {record.error}"
    for metric, reason in record.undefined.items():
        yield f"no {metric}: {reason}"
    for metric, remark in record.remarks.items():
        yield f"{metric}: {remark}"
    for warning in record.warnings:
        yield f"suspicious: {warning}"


def _where(records: Sequence[Record]) -> str:
    def listed(values: Iterator[object]) -> str:
        return _listed(list(dict.fromkeys(str(value) for value in values)))

    keys = [record.key for record in records]
    methods, scales = listed(key.method for key in keys), listed(f"×{key.scale}" for key in keys)
    places = listed(f"{key.dataset}/{key.image}" for key in keys)
    return f"{methods} {scales} on {places}"
