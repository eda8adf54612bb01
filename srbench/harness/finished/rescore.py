"""Further metrics for a finished run, from its saved images."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from srbench.api import Image, Job, MetricSpec, Progress
from srbench.cards import Registry, installed_cards
from srbench.engine import Decoded, PreparedImage, scored
from srbench.errors import ImageError, RequestError, SRBenchError, StoppedError, StoreError
from srbench.files import expanded, read_identified, shown
from srbench.harness.arguments.argument import checked
from srbench.harness.arguments.table import DEVICE, METRIC_WEIGHTS, METRICS, PATH, PROGRESS_OR_NONE
from srbench.harness.finished.additions import known_metric, status, unchanged, with_metrics
from srbench.harness.options import Several
from srbench.harness.result import RunResult
from srbench.isolation import exact
from srbench.leaderboard import write_attributes, write_leaderboard
from srbench.methods import resolve_device
from srbench.metrics import find_metrics
from srbench.parallel import grouped, prefetch
from srbench.runs import (
    Gallery,
    Record,
    Run,
    RunDescription,
    RunStore,
    current_records,
    device_name,
    metric_identity,
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
    have the pixels whose hash its record holds, and give the score that the record has already, if the run has PSNR,
    MSE, RMSE, L1 or SSIM. An interrupted call is completed by the same call.

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
    names = [spec.info.name for spec in specs]
    if twice := [name for name in names if names.count(name) > 1]:
        raise RequestError(f"metric {twice[0]} given twice; name each metric once")
    with RunStore(place, read_run(place).plan) as store, exact():
        try:
            return _Rescoring(store, specs, cards, resolve_device(device)).run(progress or (lambda *_: None))
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

    def __init__(self, store: RunStore, specs: Sequence[MetricSpec], cards: Registry, device: str) -> None:
        """Check that the metrics can be computed, before any weights are fetched."""
        if store.held is None:
            raise RequestError(f"{shown(store.folder)}: holds no run any more; run the methods again")
        self._store, self._held, self._device = store, store.held, device
        self._gallery = Gallery.of(self._held)
        self._records = current_records(self._held, store.records())
        self._protocols = {name: unchanged(name, self._held, cards) for name in self._held.plan.protocols}
        stored = self._stored()
        self._refuse_unsaved([one for one in stored if any(spec.info.name not in one.scores for spec in specs)])
        if self._held.plan.lr == "given" and (blind := [one.info.name for one in specs if one.info.looks_at == "lr"]):
            raise RequestError(
                f"{', '.join(blind)}: needs the given LR files, which a run folder lacks; run the methods"
            )
        on = device_name(device)
        wanted = {spec.info.name: metric_identity(spec, on) for spec in specs}
        self._new = {
            name: one for name, one in wanted.items() if any(self._measured(of).get(name) != one for of in stored)
        }
        self._lacking = [of for of in stored if not self._new.items() <= self._measured(of).items()]
        self._refuse_unsaved(self._lacking)
        self._about = with_metrics(self._held, specs, on)
        self._check = known_metric(self._held, self._new, cards)
        try:
            self._metrics = [spec.build(device) for spec in specs if spec.info.name in self._new]
        except SRBenchError as error:
            raise RequestError(str(error)) from error

    def run(self, progress: Progress) -> RunResult:
        """Score every record that lacks a metric, and write the tables."""
        for record in self._lacking:
            for file in (self._gallery.result(record.key), self._gallery.truth(record.key)):
                if not (self._store.folder / file).is_file():
                    raise StoreError(f"{self._store.folder / file}: is not there any more; {self._again(self._held)}")
        for record in self._stored():
            if not record.measured_by:  # of schema 3: what measured it must not change with `run.json`
                self._store.append(replace(record, measured_by=self._measured(record)))
        self._store.write_run(self._about.model_copy(update={"status": "unfinished"}))
        total = len(self._records)
        done = total - len(self._lacking)
        progress(done, total)
        for saved in self._images():
            for record in self._completed(saved):
                self._store.append(record)
                done += 1
                progress(done, total)
        self._store.compact()  # else each image had a line with the metrics and one without
        records = current_records(self._about, self._store.records())
        about = self._about.model_copy(update={"status": status(self._about, records), "finished": now()})
        self._store.write_run(about)
        removed = tuple(f"{line}; removed: {self._again(self._about)}" for line in self._store.damaged)
        result = RunResult(Run("", about, records, self._store.folder, removed), total - len(self._lacking))
        write_leaderboard(self._store.folder, result.board)
        if about.plan.classifiers:
            write_attributes(self._store.folder, result.attributes)
        return result

    @staticmethod
    def _again(about: RunDescription) -> str:
        """What to do about an image that is not there, in a run of this plan."""
        return f"run the methods again with --metrics {','.join(about.plan.metrics)} --save-images"

    def _stored(self) -> list[Record]:
        """The scored records as stored, so that what an interrupted call has added to them is kept."""
        keys = {record.key for record in self._records if record.status == "ok"}
        return [record for record in self._store.records() if record.key in keys]

    def _refuse_unsaved(self, records: Sequence[Record]) -> None:
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
        groups = [group for _, same in first for _, group in grouped(same, self._files)]
        yield from prefetch(self._read, groups, _AHEAD)

    def _files(self, record: Record) -> tuple[str, str, str]:
        """Saved image of a record, and the hashes that it and the saved HR must have."""
        return self._gallery.result(record.key), record.image_sha256, record.reference_sha256

    def _read(self, records: Sequence[Record]) -> _Saved:
        record = records[0]
        image = self._one(self._gallery.result(record.key), record.image_sha256)
        return _Saved(image, self._one(self._gallery.truth(record.key), record.reference_sha256), records)

    def _one(self, file: str, sha256: str) -> Image:
        path = self._store.folder / file
        try:
            image, found = read_identified(path)[:2]
        except ImageError as error:
            raise StoreError(f"{error}; {self._again(self._about)}") from error
        if found != sha256:
            raise StoreError(f"{path}: is not the image that was scored; {self._again(self._about)}")
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


def _with(old: Mapping[str, Any], new: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Replace the entries of some names by those of `new`, which may lack them."""
    kept = {name: value for name, value in old.items() if name not in names}
    return {**kept, **{name: new[name] for name in names if name in new}}


def _on_device(image: Image, device: str) -> Any:
    if device == "cpu":
        return image
    import torch

    return torch.from_numpy(np.ascontiguousarray(image)).to(device)
