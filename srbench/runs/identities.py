"""What every record of a run depends on, hashed once before the run begins."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from srbench.api import Dataset, Inference, Sample
from srbench.files import combine, file_identity, library_versions, numbers_code, runtime_version
from srbench.runs.plan import Cell, Plan, Request
from srbench.runs.record import RecordKey


@dataclass(frozen=True)
class Identities:
    """Hashes of a plan's parts, as hexadecimal digits.

    Attributes:
        methods: What decides a method's results, by method and scale.
        bases: What decides a cell's scores apart from the images, by method, scale and protocol; 16 digits.
        files: The files an image is read from, by dataset, scale and image; 16 digits.
        datasets: All images of a dataset, and its LR files where they are read; 12 digits.
    """

    methods: Mapping[tuple[str, int], Mapping[str, str]]
    bases: Mapping[tuple[str, int, str], str]
    files: Mapping[tuple[str, int, str], str]
    datasets: Mapping[str, str]

    def fingerprint(self, key: RecordKey) -> str:
        """The cell's basis, a hyphen, and the image's files: a record is reused only where this is equal."""
        basis = self.bases[key.method, key.scale, key.protocol]
        return f"{basis}-{self.files[key.dataset, key.scale, key.image]}"

    def describe(self, plan: Plan) -> dict[str, Any]:
        """The parts that `run.json` keeps, nested by name for reading."""
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
                "images": [sample.id for sample in dataset.samples],
                "files": {
                    str(scale): {sample.id: self.files[dataset.name, scale, sample.id] for sample in dataset.samples}
                    for scale in plan.request.scales
                },
            }
            for dataset in plan.request.datasets
        }
        return {"methods": methods, "bases": bases, "datasets": datasets}


def identify(plan: Plan, device_name: str, asked: Inference) -> Identities:
    """Hash code, weights, rules, libraries and files of a plan.

    Args:
        plan: The cells.
        device_name: What the methods run on.
        asked: Device, precision and runtime; of `auto` the one that is tried.
    """
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
    for dataset in request.datasets:
        hr = {sample.id: file_identity(sample.hr) for sample in dataset.samples}
        lr = {
            str(scale): {sample.id: _lr_identity(sample, scale) for sample in dataset.samples}
            for scale in (request.scales if request.lr == "given" else ())
        }
        for scale in request.scales:
            given = lr.get(str(scale), {})
            for image, digest in hr.items():
                seen = {"label": _label(dataset, image)} if request.classifiers else {}
                files[dataset.name, scale, image] = combine(hr=digest, lr=given.get(image), **seen)[:16]
        # Known pixels say more than files do: a PNG and a BMP of one image are the same image.
        datasets[dataset.name] = combine(images=dict(dataset.pixels) or hr, lr=lr)[:12]
    return Identities(methods, bases, files, datasets)


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
    return combine(
        method=dict(methods[cell.method.name, cell.scale]),
        scale=cell.scale,
        protocol=cell.protocol.card.hash,
        metrics={metric.info.name: metric.identity() for metric in request.metrics},
        numbers=numbers_code(),
        libraries=library_versions(),
        device=device_name,
        inference="" if inference is None else f"{inference.label} {runtime_version(inference.runtime)}",
        tried=tried,
        **({"classifiers": classifiers} if classifiers else {}),
    )[:16]


def _labels_sha256(dataset: Dataset) -> str:
    labels = dataset.labels
    return "" if labels is None else combine(words=labels.classes, values=dict(labels.values))[:12]


def _label(dataset: Dataset, image: str) -> dict[str, Any]:
    """What people say of an image, and the words they choose from: a classifier must know all of these."""
    if dataset.labels is None:
        return {}
    return {"value": dataset.labels.values[image], "words": dataset.labels.classes}


def _lr_identity(sample: Sample, scale: int) -> str:
    return file_identity(sample.lr[scale]) if scale in sample.lr else "none"
