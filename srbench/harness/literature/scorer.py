"""Scores of one image under every set of rules that `srbench explain` compares."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from srbench.api import Image, Job, Metric, Planes, Producer, Sample
from srbench.engine import Decoded, PreparedImage, prepared, scored
from srbench.errors import SRBenchError, UndefinedMetricError
from srbench.harness.literature.rules import LR, PLANES, SCORINGS, SSIM_WINDOW, SSIMS
from srbench.metrics import compare, score
from srbench.parallel import grouped
from srbench.protocols import Protocol, crop_border

__all__ = ["ImageScores", "Rules", "Scorer", "Values"]

Rules = tuple[str, str]
"""A set of rules: its kind (`protocol`, `scoring` or `LR`) and its name."""

_Scores = Mapping[str, float | None]


class Values(NamedTuple):
    """PSNR, in dB, SSIM (None if its window does not fit) and MSE of one image; the MSE is positive."""

    psnr: float
    ssim: float | None
    mse: float


@dataclass
class ImageScores:
    """Scores of one image by set of rules; None if there are none, with the reason in `problems`."""

    values: dict[Rules, Values | None] = field(default_factory=dict)
    problems: dict[Rules, SRBenchError] = field(default_factory=dict)

    def add(self, rules: Rules, scores: Callable[..., _Scores], *arguments: Any) -> None:
        """Add the scores that a call returns, or the error that it raises."""
        try:
            found = scores(*arguments)
        except SRBenchError as error:
            self.fail(rules, error)
            return
        psnr, mse = found["psnr"], found["mse"]
        if psnr is None or not mse:
            self.fail(rules, UndefinedMetricError(f"PSNR has no value under {rules[1]}: the result equals HR"))
        else:
            self.values[rules] = Values(psnr, found["ssim"], mse)

    def fail(self, rules: Rules, problem: SRBenchError) -> None:
        """Add a set of rules without scores."""
        self.values[rules], self.problems[rules] = None, problem


@dataclass(frozen=True)
class Scorer:
    """Scores one method under every set of rules, image by image.

    Attributes:
        produce: The method at one scale.
        protocols: The base protocol, then the others.
        metrics: `psnr`, `ssim` and `mse`.
    """

    produce: Producer
    protocols: Sequence[Protocol]
    metrics: Sequence[Metric]

    def of(self, hr: Decoded, sample: Sample, scale: int) -> ImageScores:
        """Score one image under every set of rules.

        Raises:
            SRBenchError: The image has no score under the base protocol, with which all others are compared.
        """
        found, base = ImageScores(), self.protocols[0]
        for _, same in grouped(self.protocols, lambda protocol: protocol.degradation):
            try:
                ready = prepared(hr, sample, scale, same, "made")
                image = self._upscaled(ready.job)
            except SRBenchError as error:
                if base in same:
                    raise
                for protocol in same:
                    found.fail(("protocol", protocol.name), error)
                continue
            for protocol in same:
                found.add(("protocol", protocol.name), self._under, protocol, ready, image)
            if base in same:
                if problem := found.problems.get(("protocol", base.name)):
                    raise problem
                self._add_scorings(found, ready, image)
                for name, shrink in LR.items():
                    found.add(("LR", name), self._shrunk, base, ready, shrink)
        return found

    def _upscaled(self, job: Job) -> Image:
        (made,) = self.produce([job])
        return made.array

    def _under(self, protocol: Protocol, ready: PreparedImage, image: Image) -> _Scores:
        if protocol.name in ready.problems:
            raise ready.problems[protocol.name]
        return scored(image, ready, protocol, self.metrics).values

    def _shrunk(
        self, base: Protocol, ready: PreparedImage, shrink: Callable[[Image, tuple[int, int]], Image]
    ) -> _Scores:
        """Score the result from LR that another library makes, under the base protocol."""
        height, width = ready.job.size
        low = shrink(ready.reference, (height // ready.job.scale, width // ready.job.scale))
        return self._under(base, ready, self._upscaled(replace(ready.job, lr=low)))

    def _add_scorings(self, found: ImageScores, ready: PreparedImage, image: Image) -> None:
        """Score the same result and HR as the base protocol does, with single changes."""
        base, scale = self.protocols[0], ready.job.scale
        scoring = base.card.scoring
        usual = "rgb" if scoring.planes == "rgb" else "rounded y" if scoring.rounding == "uint8" else "y"

        def compared(planes: str, border: int) -> tuple[Planes, Planes]:
            sr, hr = (PLANES[planes](crop_border(side, border)) for side in (image, ready.reference))
            return sr, hr

        def changed(planes: str, border: int) -> _Scores:
            pair = compare(*compared(planes, border))
            return score(lambda _: pair, self.metrics).values

        def otherwise(settings: Mapping[str, Any]) -> _Scores:
            how = usual, base.crop_border(scale)
            return {**changed(*how), "ssim": _ssim(*compared(*how), settings)}

        for name, planes, border in SCORINGS:
            how = planes or usual, base.crop_border(scale) if border is None else border[0] * scale + border[1]
            if how != (usual, base.crop_border(scale)):
                found.add(("scoring", name), changed, *how)
        for name, settings in SSIMS.items():
            found.add(("scoring", name), otherwise, settings)


def _ssim(sr: Planes, hr: Planes, settings: Mapping[str, Any]) -> float | None:
    """Mean SSIM of the planes, (C, H, W), by another window than the metric's; None if the window does not fit."""
    from skimage.metrics import structural_similarity  # imported here, because it loads slowly

    if min(sr.shape[1:]) < SSIM_WINDOW:
        return None
    return float(structural_similarity(sr, hr, data_range=255, channel_axis=0, **settings))  # type: ignore[no-untyped-call]
