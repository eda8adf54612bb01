"""Further metrics for a finished run, from its saved images."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from srbench.api import Image, Job, Metric, MetricSpec, Progress
from srbench.cards import Registry, installed_cards
from srbench.engine import Decoded, PreparedImage, scored
from srbench.errors import ImageError, RequestError, SRBenchError, StoppedError, StoreError
from srbench.files import expanded, read_identified, shown
from srbench.harness.arguments.argument import checked
from srbench.harness.arguments.table import DEVICE, METRIC_WEIGHTS, METRICS, PATH, PROGRESS_OR_NONE
from srbench.harness.options import Several
from srbench.harness.result import RunResult
from srbench.isolation import exact
from srbench.leaderboard import write_attributes, write_leaderboard
from srbench.methods import resolve_device
from srbench.metrics import find_metrics
from srbench.parallel import grouped, prefetch
from srbench.protocols import Protocol, find_protocols
from srbench.runs import (
    Gallery,
    Record,
    Run,
    RunDescription,
    RunStore,
    current_records,
    described_metric,
    now,
    read_run,
)

__all__ = ["rescore"]

_TOLERANCE = 1e-6
"""Largest difference, relative or in the metric's unit, between a record's score and that of its saved image."""

_AHEAD = 2
"""Number of images that are decoded ahead."""


@checked(folder=PATH, metrics=METRICS, metric_weights=METRIC_WEIGHTS, device=DEVICE, progress=PROGRESS_OR_NONE)
def rescore(
    folder: Path | str,
    metrics: Several,
    *,
    metric_weights: Mapping[str, Path | str] | None = None,
    device: str = "auto",
    progress: Progress | None = None,
) -> RunResult:
    """Compute further metrics of a finished run from its saved images; no method is run.

    The metrics are added to the run's own, in `run.json`, in its records and in its leaderboards. Each saved image must
    have the pixels whose hash its record holds, and give the score that the record has already. An interrupted call is
    completed by the same call.

    Args:
        folder: Folder of a run with `save_images`.
        metrics: Names of metrics; those that the run has are computed again only if they have changed.
        metric_weights: Weight files by metric name, as for `srbench.run`.
        device: `auto`, `cpu` or `cuda`, for the metrics' networks.
        progress: Called after every record with the number of records done and the total.

    Raises:
        RequestError: The folder holds no run, images were not saved, or a metric cannot be computed from them.
        StoreError: A saved image is not the one that was scored, or the folder cannot be written.
        StoppedError: The call was interrupted; finished records are kept.
    """
    place = expanded(folder).absolute()
    cards = installed_cards()
    specs = find_metrics(metrics, cards, metric_weights or {})
    held = read_run(place)
    with RunStore(place, held.plan) as store, exact():
        try:
            return _Rescoring(store, held, specs, cards, resolve_device(device)).run(progress or (lambda *_: None))
        except KeyboardInterrupt:
            raise StoppedError(
                f"interrupted; what was scored is kept in {shown(place)}: run the same command again to go on"
            ) from None


@dataclass(frozen=True)
class _Saved:
    """A saved result and the HR it was compared with, decoded, and the records of all protocols that share them."""

    image: Image
    reference: Image
    records: Sequence[Record]


class _Rescoring:
    """State of one call."""

    def __init__(
        self, store: RunStore, held: RunDescription, specs: Sequence[MetricSpec], cards: Registry, device: str
    ) -> None:
        self._store, self._held, self._device = store, held, device
        self._gallery = Gallery.of(held)
        identities = {spec.info.name: spec.identity() for spec in specs}
        self._about = _with_metrics(held, specs, identities)
        self._records = current_records(held, store.records())
        stored = self._stored()
        self._new = {
            name: one for name, one in identities.items() if any(self._measured(of).get(name) != one for of in stored)
        }
        self._lacking = [of for of in stored if not self._new.items() <= self._measured(of).items()]
        try:
            self._metrics = [spec.build(device) for spec in specs if spec.info.name in self._new]
        except SRBenchError as error:
            raise RequestError(str(error)) from error
        self._protocols = {name: _unchanged(name, held, cards) for name in held.plan.protocols}
        self._check = _known_metric(held, cards)
        if held.plan.lr == "given" and any(metric.looks_at == "lr" for metric in self._metrics):
            names = ", ".join(metric.name for metric in self._metrics if metric.looks_at == "lr")
            raise RequestError(
                f"{names}: needs the given LR files, which a run folder does not keep; run again with it"
            )

    def run(self, progress: Progress) -> RunResult:
        """Score every record that lacks a metric, and write the tables."""
        self._refuse_unsaved()
        self._store.write_run(self._about.model_copy(update={"status": "unfinished"}))
        total = len(self._records)
        done = total - len(self._lacking)
        progress(done, total)
        for saved in self._images():
            for record in self._completed(saved):
                self._store.append(record)
                done += 1
                progress(done, total)
        self._store.write_run(self._about.model_copy(update={"finished": now()}))
        removed = tuple(f"{line}; removed, run srbench run again to score its image" for line in self._store.damaged)
        records = current_records(self._about, self._store.records())
        result = RunResult(Run("", self._about, records, self._store.folder, removed), total - len(self._lacking))
        write_leaderboard(self._store.folder, result.board)
        if self._about.plan.classifiers:
            write_attributes(self._store.folder, result.attributes)
        return result

    def _stored(self) -> list[Record]:
        """The scored records as stored, so that what an interrupted call has added to them is kept."""
        keys = {record.key for record in self._records if record.status == "ok"}
        return [record for record in self._store.records() if record.key in keys]

    def _refuse_unsaved(self) -> None:
        records = self._lacking
        unsaved = [record for record in records if not record.image_sha256]
        if unsaved:
            first = unsaved[0].key
            raise RequestError(
                f"{shown(self._store.folder)}: {len(unsaved)} of {len(records)} results were not saved, first "
                f"{first.method} on {first.dataset}/{first.image}; run the same srbench run again with --save-images"
            )

    def _images(self) -> Iterator[_Saved]:
        """Read the saved images, those of one HR image one after another."""
        first = grouped(self._lacking, lambda one: (one.key.dataset, one.key.scale, one.key.image))
        groups = [group for _, same in first for _, group in grouped(same, lambda one: self._gallery.result(one.key))]
        yield from prefetch(self._read, groups, _AHEAD)

    def _read(self, records: Sequence[Record]) -> _Saved:
        record = records[0]
        image = self._one(self._gallery.result(record.key), record.image_sha256)
        return _Saved(image, self._one(self._gallery.truth(record.key), record.reference_sha256), records)

    def _one(self, file: str, sha256: str) -> Image:
        path = self._store.folder / file
        try:
            image, found = read_identified(path)[:2]
        except ImageError as error:
            raise StoreError(f"{error}; run the same srbench run again with --save-images") from error
        if found != sha256:
            raise StoreError(f"{path}: is not the image that was scored; run the same srbench run with --save-images")
        return image

    def _completed(self, saved: _Saved) -> Iterator[Record]:
        """Add the scores to the records of one result."""
        scale = saved.records[0].key.scale
        protocols = [self._protocols[record.key.protocol] for record in saved.records]
        rule = protocols[0].degradation
        sees_lr = any(metric.looks_at == "lr" for metric in self._metrics)
        lr: Any = rule.degrade(saved.reference, scale) if sees_lr else np.empty((0, 0, 0))
        size = saved.reference.shape[1], saved.reference.shape[2]
        image, reference = (_on_device(one, self._device) for one in (saved.image, saved.reference))
        references = {protocol.name: protocol.compared(reference, scale) for protocol in protocols}
        job = Job(saved.records[0].key.image, lr, size, scale, grey=False)
        prepared = PreparedImage(Decoded(saved.reference, ""), job, saved.reference, references, {}, ())
        for record, protocol in zip(saved.records, protocols, strict=True):
            found = scored(image, prepared, protocol, [*self._check, *self._metrics])
            self._refuse_other_score(record, found.values)
            names = [metric.name for metric in self._metrics]
            yield replace(
                record,
                scores=_with(record.scores, found.values, names),
                undefined=_with(record.undefined, found.undefined, names),
                remarks=_with(record.remarks, found.remarks, names),
                measured_by={**self._measured(record), **self._new},
            )

    def _measured(self, record: Record) -> Mapping[str, str]:
        """Identities of the metrics of a record; in folders of schema 3 and before, the run's."""
        return record.measured_by or {name: self._held.metrics[name].identity for name in record.scores}

    def _refuse_other_score(self, record: Record, values: Mapping[str, float | None]) -> None:
        """Raise StoreError unless the saved image gives the score that its record holds."""
        for metric in self._check:
            before, after = record.scores.get(metric.name), values[metric.name]
            same = before is after is None or (
                before is not None and after is not None and abs(before - after) <= _TOLERANCE * max(1, abs(before))
            )
            if not same:
                key = record.key
                raise StoreError(
                    f"{key.method} on {key.dataset}/{key.image} under {key.protocol}: its saved image has "
                    f"{metric.name} {after}, its record {before}; this srbench scores otherwise, run the methods again"
                )


def _with_metrics(held: RunDescription, specs: Sequence[MetricSpec], identities: Mapping[str, str]) -> RunDescription:
    """Add metrics to a run's description."""
    names = dict.fromkeys([*held.plan.metrics, *identities])
    described = {spec.info.name: described_metric(spec.info, identities[spec.info.name]) for spec in specs}
    parts = held.model_dump(by_alias=True)
    parts["plan"]["metrics"] = tuple(names)
    parts["metrics"] = {**parts["metrics"], **described}
    return RunDescription.model_validate(parts)


def _unchanged(name: str, held: RunDescription, cards: Registry) -> Protocol:
    """Return a run's protocol; raise RequestError if it now has other rules."""
    (protocol,) = find_protocols((name,), cards)
    before, after = held.protocols[name].hash, protocol.card.hash
    if before != after:
        raise RequestError(f"protocol {name} has changed since the run ({before}, now {after}); run the methods again")
    return protocol


def _known_metric(held: RunDescription, cards: Registry) -> list[Metric]:
    """A cheap metric of the run, by which a saved image is compared with its record; empty if it has none."""
    cheap = ("psnr", "mse", "rmse", "l1", "ssim")
    name = next((name for name in cheap if name in held.plan.metrics), None)
    return [] if name is None else [spec.build("cpu") for spec in find_metrics((name,), cards)]


def _with(old: Mapping[str, Any], new: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Replace the entries of some names by those of `new`, which may lack them."""
    kept = {name: value for name, value in old.items() if name not in names}
    return {**kept, **{name: new[name] for name in names if name in new}}


def _on_device(image: Image, device: str) -> Any:
    if device == "cpu":
        return image
    import torch

    return torch.from_numpy(np.ascontiguousarray(image)).to(device)
