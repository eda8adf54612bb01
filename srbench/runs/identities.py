"""Hashes of everything that a run's records depend on, computed once before the run begins."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from srbench.api import Dataset, Inference, MetricSpec, Sample
from srbench.errors import ImageError
from srbench.files import (
    combine,
    file_identity,
    library_versions,
    numbers_code,
    present_hashes,
    read_identified,
    runtime_version,
)
from srbench.runs.plan import Cell, Plan, Request
from srbench.runs.record import RecordKey

_NO_FILES = "0"


@dataclass(frozen=True)
class Identities:
    """Hashes of a plan's parts, as hexadecimal digits.

    Attributes:
        methods: Hashes of a method's code and weights, by method and scale.
        bases: Hash of all that decides a cell's scores except images and metrics, by method, scale and protocol: 16
            digits of what is known before the run, a dot, and 8 random digits, new whenever a resumed run finds that
            anything the records depend on has changed, a file that the method had read included; `0` in a new folder.
        read: Files that each method was seen to read, as in `run.json`.
        hr_files: sha256 of each HR file, by dataset and image.
        lr_files: sha256 of each given LR file, by dataset and image, then by scale; empty if LR is made.
        files: Hash of an image's files, by dataset, scale and image; 16 digits.
        datasets: Hash of a dataset's images, and of its LR files if they are read; 12 digits.
        metrics: Identity of each metric on the run's device.
        device: Name of that device.
    """

    methods: Mapping[tuple[str, int], Mapping[str, str]]
    bases: Mapping[tuple[str, int, str], str]
    files: Mapping[tuple[str, int, str], str]
    datasets: Mapping[str, str]
    hr_files: Mapping[tuple[str, str], str] = field(default_factory=dict)
    lr_files: Mapping[tuple[str, str], Mapping[int, str]] = field(default_factory=dict)
    read: Mapping[str, Mapping[int, Mapping[str, str]]] = field(default_factory=dict)
    metrics: Mapping[str, str] = field(default_factory=dict)
    device: str = ""

    def since(self, held: Mapping[str, Any], read: Mapping[str, Mapping[int, Mapping[str, str]]]) -> Identities:
        """Return these identities for a run that is resumed: changed where a file that a method had read has changed.

        Args:
            held: `bases` of the earlier run.
            read: Files that methods were seen to read in the earlier run, with their hashes then.
        """
        bases: dict[tuple[str, int, str], str] = {}
        kept: dict[str, dict[int, Mapping[str, str]]] = {}
        now = {
            (method, scale): present_hashes(files) for method, scales in read.items() for scale, files in scales.items()
        }
        for (method, scale, protocol), basis in self.bases.items():
            before = held.get(method, {}).get(scale, {}).get(protocol, "")
            files = now.get((method, scale), {})
            same = before.rpartition(".")[0] == basis.rpartition(".")[0]
            if same and files == read.get(method, {}).get(scale, {}):
                ending = before.rpartition(".")[2]
                kept.setdefault(method, {})[scale] = files
            else:
                # Random, because a record of a still earlier run may be left whose files are not known any more.
                ending = secrets.token_hex(4)
            bases[method, scale, protocol] = f"{basis.rpartition('.')[0]}.{ending}"
        return replace(self, bases=bases, read={name: scales for name, scales in kept.items() if any(scales.values())})

    def fingerprint(self, key: RecordKey) -> str:
        """Return a cell's hash, a hyphen, and the hash of an image's files; a record with another is made again.

        Metrics are no part of it: a record has the identity of each metric beside the score.
        """
        basis = self.bases[key.method, key.scale, key.protocol]
        return f"{basis}-{self.files[key.dataset, key.scale, key.image]}"

    def describe(self, plan: Plan) -> dict[str, Any]:
        """Return the hashes that `run.json` stores, as mappings nested by name."""
        methods: dict[str, dict[str, Any]] = {method.name: {} for method in plan.request.methods}
        for (name, scale), identity in self.methods.items():
            methods[name][str(scale)] = dict(identity)
        bases: dict[str, dict[str, dict[str, str]]] = {}
        for (name, scale, protocol), basis in self.bases.items():
            bases.setdefault(name, {}).setdefault(str(scale), {})[protocol] = basis
        datasets: dict[str, dict[str, Any]] = {
            dataset.name: {
                "sha256": self.datasets[dataset.name],
                **({"labels_sha256": _labels_sha256(dataset)} if dataset.labels else {}),
                "passed_over": dataset.passed_over,
                "images": [sample.id for sample in dataset.samples],
                "files": {
                    str(scale): {sample.id: self.files[dataset.name, scale, sample.id] for sample in dataset.samples}
                    for scale in plan.request.scales
                },
            }
            for dataset in plan.request.datasets
        }
        read = {
            name: {str(scale): dict(files) for scale, files in scales.items()} for name, scales in self.read.items()
        }
        return {"methods": methods, "bases": bases, "datasets": datasets, "read": read}


def identify(plan: Plan, device_name: str, asked: Inference) -> Identities:
    """Hash a plan's code, weights, rules, libraries and files; `asked` are the inference settings (bf16 if `auto`)."""
    request = plan.request
    methods: dict[tuple[str, int], Mapping[str, str]] = {}
    for cell in plan.cells:
        if (cell.method.name, cell.scale) not in methods:
            methods[cell.method.name, cell.scale] = cell.method.identity(cell.scale)
    classifiers = [classifier.identity() for classifier in request.classifiers]  # once: their files may be large
    bases = {
        (cell.method.name, cell.scale, cell.protocol.name): _basis(
            cell, methods, request, device_name, asked, classifiers
        )
        for cell in plan.cells
    }
    files: dict[tuple[str, int, str], str] = {}
    datasets: dict[str, str] = {}
    hr_files: dict[tuple[str, str], str] = {}
    lr_files: dict[tuple[str, str], dict[int, str]] = {}
    for dataset in request.datasets:
        hr = {sample.id: file_identity(sample.hr) for sample in dataset.samples}
        lr = {
            str(scale): {sample.id: _lr_identity(sample, scale) for sample in dataset.samples}
            for scale in (request.scales if request.lr == "given" else ())
        }
        for scale in request.scales:
            given = lr.get(str(scale), {})
            for image, digest in hr.items():
                hr_files[dataset.name, image] = digest
                if image in given:
                    lr_files.setdefault((dataset.name, image), {})[scale] = given[image]
                label = {"label": _label(dataset, image)} if request.classifiers else {}
                files[dataset.name, scale, image] = combine(hr=digest, lr=given.get(image), **label)[:16]
        datasets[dataset.name] = combine(images=_images(dataset, hr), lr=lr)[:12]
    metrics = {metric.info.name: metric_identity(metric, device_name) for metric in request.metrics}
    return Identities(methods, bases, files, datasets, hr_files, lr_files, metrics=metrics, device=device_name)


def metric_identity(metric: MetricSpec, device_name: str) -> str:
    """Return the hash of a metric on a device, which a record holds beside the score; 16 digits."""
    return combine(metric=metric.identity(), device=device_name)[:16]


def _images(dataset: Dataset, files: Mapping[str, str]) -> dict[str, str]:
    """Identities of HR images: the card's pixel hashes, since a PNG and a BMP may hold the same pixels; else files'.

    Where other pixels are only warned of, these are what is scored. Neither the card nor the files say what they are,
    because another decoder makes others of the same JPEG files; so the images are decoded, once more than for scoring.
    """
    if not dataset.pixels or dataset.other_pixels == "refuse":
        return dict(dataset.pixels) or dict(files)
    found: dict[str, str] = {}
    for sample in dataset.samples:
        try:
            found[sample.id] = read_identified(sample.hr).sha256
        except ImageError:  # its records fail
            found[sample.id] = files[sample.id]
    return found


def _basis(
    cell: Cell,
    methods: Mapping[tuple[str, int], Mapping[str, str]],
    request: Request,
    device_name: str,
    asked: Inference,
    classifiers: Sequence[str],
) -> str:
    inference = cell.method.inference(cell.scale, asked)
    tried = request.precision == "auto" and inference is not None and inference.precision == "bf16"
    return (
        combine(
            method=dict(methods[cell.method.name, cell.scale]),
            scale=cell.scale,
            protocol=cell.protocol.card.hash,
            numbers=numbers_code(),
            libraries=library_versions(),
            device=device_name,
            inference="" if inference is None else f"{inference.label} {runtime_version(inference.runtime)}",
            tried=tried,
            **({"classifiers": classifiers} if classifiers else {}),
        )[:16]
        + f".{_NO_FILES}"
    )


def _labels_sha256(dataset: Dataset) -> str:
    labels = dataset.labels
    return "" if labels is None else combine(words=labels.classes, values=dict(labels.values))[:12]


def _label(dataset: Dataset, image: str) -> dict[str, Any]:
    """Ground-truth label of an image, and the names of all classes; empty if the dataset has no labels."""
    if dataset.labels is None:
        return {}
    return {"value": dataset.labels.values[image], "words": dataset.labels.classes}


def _lr_identity(sample: Sample, scale: int) -> str:
    return file_identity(sample.lr[scale]) if scale in sample.lr else "none"
