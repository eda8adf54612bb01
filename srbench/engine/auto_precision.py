"""`--precision auto`: decides on a dataset's first images whether bfloat16 may replace float32."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from srbench.api import Dataset, Inference, Job, LrSource, Method, Precision, Producer, Trial
from srbench.engine.engine import Settings
from srbench.engine.inputs import decode, prepared
from srbench.engine.work import PreparedImage
from srbench.engine.worker import Chosen
from srbench.errors import SRBenchError
from srbench.metrics import psnr
from srbench.parallel import grouped
from srbench.protocols import Protocol
from srbench.runs import Identities, Plan, RecordSink

IMAGES = 3
"""Number of a dataset's images on which bf16 is tried; all images if the dataset has fewer."""

TOLERANCE = 0.005
"""Largest change of an image's PSNR at which bf16 is chosen, in dB."""

FASTER = 1.1
"""Smallest speed-up over fp32 at which bf16 is chosen; less may be noise, and the choice would differ between runs."""


class Precisions:
    """Chooses the precision of a method on a dataset; under `auto`, that of finished records, else found by a trial."""

    def __init__(
        self,
        plan: Plan,
        settings: Settings,
        identities: Identities,
        sink: RecordSink,
        on_trial: Callable[[Trial], None],
    ) -> None:
        self._plan, self._settings, self._identities = plan, settings, identities
        self._sink, self._on_trial = sink, on_trial
        self._chosen: dict[tuple[str, str, int], Chosen] = {}

    def choose(self, method: Method, dataset: Dataset, scale: int) -> Chosen:
        """Return a method's inference settings on a dataset at a scale, and their label; equal in every call."""
        key = (method.name, dataset.name, scale)
        if key not in self._chosen:
            inference = method.inference(scale, self._settings.inference)
            if inference is None:
                self._chosen[key] = Chosen(None, "")
            elif self._settings.auto and inference.precision == "bf16":
                self._chosen[key] = self._tried(method, dataset, scale, inference)
            else:
                self._chosen[key] = Chosen(inference, inference.label)
        return self._chosen[key]

    def _tried(self, method: Method, dataset: Dataset, scale: int, inference: Inference) -> Chosen:
        images = {sample.id for sample in dataset.samples}
        for record in self._sink.records():
            key = record.key
            same = (key.method, key.dataset, key.scale) == (method.name, dataset.name, scale) and key.image in images
            fingerprint, metrics = self._identities.fingerprint(key), self._identities.metrics
            if same and self._sink.finished(key, fingerprint, metrics):
                found = replace(inference, precision="bf16" if record.precision.startswith("bf16") else "fp32")
                return Chosen(found, record.precision)
        protocols = [
            cell.protocol
            for cell in self._plan.cells
            if (cell.method, cell.dataset, cell.scale) == (method, dataset, scale)
        ]
        trial = try_bf16(method, dataset, scale, protocols, self._settings.lr, inference)
        self._on_trial(trial)
        found = replace(inference, precision=trial.precision)
        return Chosen(found, f"{found.label} (auto)")


def try_bf16(
    method: Method, dataset: Dataset, scale: int, protocols: Sequence[Protocol], lr: LrSource, inference: Inference
) -> Trial:
    """Upscale a dataset's first images in fp32 and bf16, compare speed and PSNR, and return the chosen precision.

    bf16 is chosen if no image's PSNR changes by more than `TOLERANCE` and is at least `FASTER` times as fast, which
    excludes processors without bf16 instructions. If the method fails, fp32 is chosen. Unreadable images are left out.
    """
    differences: list[float] = []
    images, speedup = 0, None
    try:
        full, half = (method.open(scale, replace(inference, precision=name)) for name in ("fp32", "bf16"))
        for several in islice(_readable(dataset, scale, protocols, lr), IMAGES):
            for image, same in several:
                if speedup is None:
                    speedup = _speedup(full, half, image.job)
                results = [produce([image.job])[0].array for produce in (full, half)]
                for protocol in same:
                    truth = image.references[protocol.name]
                    planes = (protocol.compared(result, scale) for result in results)
                    exact, rounded = (psnr(sr, truth, data_range=255.0) for sr in planes)
                    differences.append(0.0 if exact == rounded else abs(exact - rounded))
            images += 1
    except SRBenchError as error:
        return Trial(method.name, dataset.name, scale, "fp32", images, None, None, f"it failed when tried: {error}")
    if not differences or speedup is None:
        return Trial(method.name, dataset.name, scale, "fp32", 0, None, None, "none of the first images can be read")
    worst = max(differences)
    if not math.isfinite(worst):
        problem = "an image that fp32 reproduces exactly is not reproduced in bf16"
        return Trial(method.name, dataset.name, scale, "fp32", images, None, speedup, problem)
    chosen: Precision = "bf16" if worst <= TOLERANCE and speedup >= FASTER else "fp32"
    return Trial(method.name, dataset.name, scale, chosen, images, worst, speedup)


def _readable(
    dataset: Dataset, scale: int, protocols: Sequence[Protocol], lr: LrSource
) -> Iterator[list[tuple[PreparedImage, list[Protocol]]]]:
    """Images that can be compared under every protocol, each prepared once per degradation rule with its protocols."""
    for sample in dataset.samples:
        try:
            hr = decode(dataset, sample)
            several = [
                (prepared(hr, sample, scale, same, lr), same)
                for _, same in grouped(protocols, lambda protocol: protocol.degradation)
            ]
        except SRBenchError:
            continue  # reported in its own records
        if not any(image.problems for image, _ in several):
            yield several


def _speedup(full: Producer, half: Producer, job: Job) -> float:
    """Time in fp32 over time in bf16: each is warmed up once, then timed twice in turns; the shorter time counts."""
    for produce in (full, half):
        _seconds(produce, job)
    first, second = (_seconds(full, job), _seconds(half, job)), (_seconds(half, job), _seconds(full, job))
    return min(first[0], second[1]) / min(first[1], second[0])


def _seconds(produce: Producer, job: Job) -> float:
    start = time.perf_counter()
    produce([job])[0].array  # noqa: B018  # fetched, so that a GPU has finished
    return time.perf_counter() - start
