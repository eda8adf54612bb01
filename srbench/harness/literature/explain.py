"""Why a score differs from a paper's: a method under every protocol, and with one rule changed at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count

from srbench.api import Dataset, Inference, Method, Metric, Progress
from srbench.cards import installed_cards
from srbench.engine import decode
from srbench.errors import DatasetError, MethodError, RequestError, SRBenchError
from srbench.harness.arguments.argument import checked
from srbench.harness.arguments.table import PROGRESS
from srbench.harness.literature.scorer import ImageScores, Scorer
from srbench.harness.literature.variants import Variant, averaged
from srbench.harness.options import RunOptions, completed, planned
from srbench.methods import resolve_device
from srbench.metrics import find_metrics
from srbench.protocols import Protocol, find_protocols

__all__ = ["TOLERANCE", "Explanation", "explain", "sentence"]
TOLERANCE = 0.02
"""Largest distance from the target PSNR, in dB, at which a set of rules is named as its explanation."""


@dataclass(frozen=True)
class Explanation:
    """A method on a dataset under every set of rules.

    Attributes:
        method: Method name.
        dataset: Dataset name.
        scale: Upscaling scale.
        variants: Scores under each set of rules, the base protocol first; empty if no image has a score.
        left_out: Images and sets of rules that are left out, each by name with the reason.
    """

    method: str
    dataset: str
    scale: int
    variants: tuple[Variant, ...]
    left_out: tuple[str, ...]


@checked(progress=PROGRESS)
def explain(methods: Sequence[str], options: RunOptions, progress: Progress = lambda *_: None) -> list[Explanation]:
    """Score methods under a base protocol, under all others, and under the base with one rule changed at a time.

    Args:
        methods: Card names or `./file.py:function`, optionally with `+wrapper`.
        options: Datasets, scale, base protocol (its LR must be RGB), device and weights, as in `srbench.run`.
        progress: Called with the number of images done and the total.

    Returns:
        An explanation for each dataset and method; at least one has variants.

    Raises:
        RequestError: An argument is unknown, or LR of the base protocol is luma only.
        SRBenchError: No method can be loaded, or no image has a score.
    """
    cards = installed_cards()
    chosen = completed(options, RunOptions)
    request = planned(methods, chosen, cards).request
    base = request.protocols[0]
    if base.card.degradation.planes != "rgb":
        raise RequestError(f"{base.name}: upscales luma alone; choose a protocol of RGB images to compare others with")
    others = find_protocols([name for name in cards.protocols if name != base.name], cards)
    explainer = _Explainer(
        scale=request.scales[0],
        protocols=(base, *others),
        metrics=[one.build("cpu") for one in find_metrics(("psnr", "ssim", "mse"), cards)],
        inference=Inference(resolve_device(chosen["device"])),
    )
    total, done = len(request.methods) * sum(len(dataset.samples) for dataset in request.datasets), count(1)
    found: list[Explanation] = []
    problems: list[SRBenchError] = []
    for dataset in request.datasets:
        for method in request.methods:
            try:
                found.append(explainer.explained(method, dataset, lambda: progress(next(done), total)))
            except SRBenchError as error:
                problems.append(error)
                found.append(Explanation(method.name, dataset.name, explainer.scale, (), (str(error),)))
    if len(problems) == len(found):
        raise problems[0]
    return found


@dataclass(frozen=True)
class _Explainer:
    """What the explanations of a request share; the base protocol is the first."""

    scale: int
    protocols: Sequence[Protocol]
    metrics: Sequence[Metric]
    inference: Inference

    def explained(self, method: Method, dataset: Dataset, advance: Callable[[], None]) -> Explanation:
        """Score one method on one dataset; `advance` is called after each image.

        Raises:
            SRBenchError: The method cannot be loaded, or no image has a score.
        """
        rules = [one for one in self.protocols if one.card.degradation.planes == "rgb" or method.colour != "rgb"]
        inference = method.inference(self.scale, self.inference) or Inference()
        try:
            scorer = Scorer(method.open(self.scale, inference), rules, self.metrics)
        except SRBenchError as error:
            raise type(error)(f"{method.name}: {error}") from error
        images: dict[str, ImageScores] = {}
        failed: dict[str, SRBenchError] = {}
        for sample in dataset.samples:
            try:
                images[sample.id] = scorer.of(decode(dataset, sample), sample, self.scale)
            except SRBenchError as error:
                failed[sample.id] = error
            advance()
        if not images:
            first, problem = next(iter(failed.items()))
            kind = MethodError if isinstance(problem, MethodError) else DatasetError
            raise kind(f"{method.name} on {dataset.name}: no image has a score ({first}: {problem})")
        variants, left_out = averaged(images)
        reasons = (*(f"{image}: {problem}" for image, problem in failed.items()), *left_out)
        return Explanation(method.name, dataset.name, self.scale, variants, reasons)


def sentence(variants: Sequence[Variant], target: float) -> str:
    """Return a sentence naming the rules that give a target PSNR within 0.02 dB, or those that come nearest."""

    def distance(variant: Variant) -> float:
        return abs(variant.psnr - target)

    base, near = variants[0], sorted((one for one in variants if distance(one) <= TOLERANCE), key=distance)
    if not near:
        nearest = min(variants, key=distance)
        return (
            f"{target:g} dB is not what any single change of rules gives: the nearest is {nearest.title}, "
            f"{nearest.psnr:.3f} dB. Other images, weights, or several changes at once?"
        )
    if near[0].base or base in near:
        return f"{target:g} dB is what {base.name} itself gives: {base.psnr:.3f} dB."
    names = " or ".join(f"{one.title} ({one.psnr:.3f} dB)" for one in near)
    return (
        f"{target:g} dB is what {names} gives, where {base.name} gives {base.psnr:.3f} dB: a difference of rules, "
        "not of methods."
    )
