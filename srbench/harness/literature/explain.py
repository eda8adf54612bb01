"""Why a score differs from a paper's: a method under every protocol, and with one rule changed at a time."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from srbench.api import Image, Inference, Job, Metric, Producer, Progress, Sample
from srbench.cards import installed_cards
from srbench.engine import Decoded, decode, prepared, scored
from srbench.errors import DatasetError, ImageError, RequestError, UndefinedMetricError
from srbench.harness.literature.rules import LR, PLANES, SCORINGS, SSIM_WINDOW, SSIMS
from srbench.harness.options import RunOptions, completed, resolve
from srbench.methods import resolve_device
from srbench.metrics import compare, find_metrics, score
from srbench.parallel import grouped
from srbench.protocols import Protocol, crop_border, find_protocols, luma
from srbench.runs import make_plan

__all__ = ["TOLERANCE", "Explanation", "Variant", "explain", "sentence"]
TOLERANCE = 0.02
"""Largest distance from the target PSNR, in dB, at which a set of rules is named as its explanation."""


@dataclass(frozen=True)
class Variant:
    """One set of rules and its scores.

    Attributes:
        kind: `protocol`, `scoring` (same upscaled images, scored differently) or `LR` (LR made differently).
        name: The protocol's name, or the changed rule in words.
        psnr: Mean over the images, in dB; for pooled MSE, the PSNR of the mean MSE.
        ssim: Mean; None for pooled MSE (SSIM is unaffected) or if no image has a value.
        base: Whether this is the protocol that the others are compared with.
    """

    kind: str
    name: str
    psnr: float
    ssim: float | None
    base: bool = False


@dataclass(frozen=True)
class Explanation:
    """A method on a dataset under every set of rules.

    Attributes:
        method: Method name.
        dataset: Dataset name.
        scale: Upscaling scale.
        variants: Scores under each set of rules, the base protocol first.
        left_out: Images left out of all scores because some set of rules gives none, each with the reason.
    """

    method: str
    dataset: str
    scale: int
    variants: tuple[Variant, ...]
    left_out: tuple[str, ...]


def explain(methods: Sequence[str], options: RunOptions, progress: Progress = lambda *_: None) -> list[Explanation]:
    """Score methods under a base protocol, under all others, and under the base with one rule changed at a time.

    Args:
        methods: Card names or `./file.py:function`, optionally with `+wrapper`.
        options: Datasets, scale, base protocol (its LR must be RGB), device and weights, as in `srbench.run`.
        progress: Called with the number of images done and the total.

    Raises:
        RequestError: An argument is unknown, or LR of the base protocol is luma only.
        SRBenchError: A method fails, or no image has a score under every set of rules.
    """
    cards = installed_cards()
    chosen = completed(options, RunOptions)
    request = make_plan(resolve(methods, chosen, cards)).request
    base, scale = request.protocols[0], request.scales[0]
    if base.card.degradation.planes != "rgb":
        raise RequestError(f"{base.name}: upscales luma alone; choose a protocol of RGB images to compare others with")
    others = find_protocols([name for name in cards.protocols if name != base.name], cards)
    inference = Inference(resolve_device(chosen["device"]))
    metrics = [one.build("cpu") for one in find_metrics(("psnr", "ssim", "mse"), cards)]
    total, done = len(methods) * sum(len(dataset.samples) for dataset in request.datasets), 0
    found: list[Explanation] = []
    for dataset in request.datasets:
        for method in request.methods:
            rules = [one for one in (base, *others) if one.card.degradation.planes == "rgb" or method.colour != "rgb"]
            image_scores = _Scorer(
                method.open(scale, method.inference(scale, inference) or Inference()), rules, metrics
            )
            figures: list[_Figures] = []
            left_out: list[str] = []
            for sample in dataset.samples:
                try:
                    figures.append(image_scores.of(decode(dataset, sample), sample, scale))
                except (ImageError, DatasetError, UndefinedMetricError) as error:
                    left_out.append(f"{sample.id}: {error}")
                done += 1
                progress(done, total)
            if not figures:
                raise DatasetError(f"{dataset.name}: no image has a score under every set of rules ({left_out[0]})")
            variants = _variants(figures, base.name)
            found.append(Explanation(method.name, dataset.name, scale, variants, tuple(left_out)))
    return found


_Figures = dict[tuple[str, str], Mapping[str, float | None]]
"""Scores of one image: metric values by (kind, name) of the variant."""


@dataclass(frozen=True)
class _Scorer:
    """Scores one method under every variant, image by image."""

    produce: Producer
    protocols: Sequence[Protocol]
    metrics: Sequence[Metric]

    def of(self, hr: Decoded, sample: Sample, scale: int) -> _Figures:
        """Score one image under every variant.

        Raises:
            UndefinedMetricError: PSNR is undefined under some variant.
            ImageError: Nothing is left to compare under some variant.
        """
        base = self.protocols[0]
        found: _Figures = {}
        for _, same in grouped(self.protocols, lambda protocol: protocol.degradation):
            ready = prepared(hr, sample, scale, same, "made")
            for problem in ready.problems.values():
                raise problem
            image = self._upscaled(ready.job)
            for protocol in same:
                found["protocol", protocol.name] = scored(image, ready, protocol, self.metrics).values
                if protocol is base:
                    found |= {("scoring", name): pair for name, pair in self._otherwise(image, ready.reference, scale)}
        ready = prepared(hr, sample, scale, [base], "made")
        for name, shrink in LR.items():
            low = shrink(ready.reference, (ready.job.size[0] // scale, ready.job.size[1] // scale))
            image = self._upscaled(replace(ready.job, lr=low))
            found["LR", name] = scored(image, ready, base, self.metrics).values
        for (_, name), values in found.items():
            if values["psnr"] is None:
                raise UndefinedMetricError(f"PSNR has no value under {name}: the result equals HR")
        return found

    def _upscaled(self, job: Job) -> Image:
        (made,) = self.produce([job])
        return made.array

    def _otherwise(self, image: Image, hr: Image, scale: int) -> Iterator[tuple[str, Mapping[str, float | None]]]:
        """Score the same image pair under each single change of scoring."""
        for name, planes, times, further in SCORINGS:
            sr, truth = (PLANES[planes](crop_border(side, times * scale + further)) for side in (image, hr))
            yield name, score(compare(sr, truth), self.metrics).values
        sr, truth = (luma(crop_border(side, scale)) for side in (image, hr))
        values = score(compare(sr, truth), self.metrics).values
        from skimage.metrics import structural_similarity  # imported here, because it loads slowly

        for name, settings in SSIMS.items():
            fits = min(sr.shape[1:]) >= SSIM_WINDOW
            similarity = structural_similarity(sr[0], truth[0], data_range=255, **settings) if fits else None  # type: ignore[no-untyped-call]
            yield name, values | {"ssim": None if similarity is None else float(similarity)}


def _variants(images: Sequence[_Figures], base: str) -> tuple[Variant, ...]:
    """Mean scores over the images, the base protocol first."""
    found = [_mean(kind, name, [image[kind, name] for image in images], base) for kind, name in images[0]]
    errors = [image["protocol", base]["mse"] or 0.0 for image in images]
    pooled = 10 * math.log10(255**2 / (math.fsum(errors) / len(errors)))
    found.append(Variant("scoring", "MSE pooled over the images", pooled, None))
    return tuple(sorted(found, key=lambda one: (not one.base, ("protocol", "scoring", "LR").index(one.kind))))


def _mean(kind: str, name: str, values: Sequence[Mapping[str, float | None]], base: str) -> Variant:
    levels, structure = ([value for one in values if (value := one[metric]) is not None] for metric in ("psnr", "ssim"))
    return Variant(
        kind,
        name,
        float(np.mean(levels)),
        float(np.mean(structure)) if structure else None,
        base=(kind, name) == ("protocol", base),
    )


def sentence(variants: Sequence[Variant], target: float) -> str:
    """Return a sentence naming the rules that give a target PSNR within 0.02 dB, or those that come nearest."""

    def distance(variant: Variant) -> float:
        return abs(variant.psnr - target)

    base, near = variants[0], sorted((one for one in variants if distance(one) <= TOLERANCE), key=distance)
    if not near:
        nearest = min(variants, key=distance)
        return (
            f"{target:g} dB is not what any single change of rules gives: the nearest is {_named(nearest)}, "
            f"{nearest.psnr:.3f} dB. Other images, weights, or several changes at once?"
        )
    if near[0].base or base in near:
        return f"{target:g} dB is what {base.name} itself gives: {base.psnr:.3f} dB."
    names = " or ".join(f"{_named(one)} ({one.psnr:.3f} dB)" for one in near)
    return (
        f"{target:g} dB is what {names} gives, where {base.name} gives {base.psnr:.3f} dB: a difference of rules, "
        "not of methods."
    )


def _named(variant: Variant) -> str:
    return {"protocol": "the protocol ", "scoring": "scoring with ", "LR": "LR made by "}[variant.kind] + variant.name
