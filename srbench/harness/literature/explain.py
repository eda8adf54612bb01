"""Why one's number is another than the paper's: a method under every protocol and each single change of rules."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pil

from srbench.api import Dataset, Image, Inference, Job, Method, Producer
from srbench.engine import decode, degrade
from srbench.errors import RequestError
from srbench.metrics import mse, psnr, ssim
from srbench.parallel import grouped
from srbench.protocols import Protocol, crop_border, imresize, luma, quantise

__all__ = ["TOLERANCE", "Variant", "explain", "sentence"]

TOLERANCE = 0.02
"""In dB: how near a variant's PSNR must be to a target to be named."""

Planes = NDArray[Any]


@dataclass(frozen=True)
class Variant:
    """One set of rules and what comes of it.

    Attributes:
        kind: `protocol`, `scoring` (the same upscaled images, scored otherwise) or `LR` (made otherwise).
        name: What is changed, in words.
        psnr: Mean over the images, in dB; of a pooled one from their common MSE.
        ssim: Mean; None where it is the same thing as another row's.
        base: Whether it is the protocol that the others are compared with.
    """

    kind: str
    name: str
    psnr: float
    ssim: float | None
    base: bool = False


def _full_range(image: Planes) -> Planes:
    """(1, H, W): JPEG's luma, 0…255."""
    red, green, blue = image.astype(np.float64)
    plane: Planes = (0.299 * red + 0.587 * green + 0.114 * blue)[None]
    return plane


_PLANES: dict[str, Callable[[Image], Planes]] = {
    "y": luma,
    "rounded y": lambda image: quantise(luma(image)),
    "full-range y": _full_range,
    "rgb": lambda image: image,
}

# Name, planes, and the border as multiples of the scale and further pixels.
_SCORINGS: tuple[tuple[str, str, int, int], ...] = (
    ("Y rounded to 8 bits", "rounded y", 1, 0),
    ("Y of full range", "full-range y", 1, 0),
    ("RGB", "rgb", 1, 0),
    ("no border cut", "y", 0, 0),
    ("no border cut, Y rounded", "rounded y", 0, 0),
    ("border of scale + 6", "y", 1, 6),
    ("border of scale + 6, Y rounded", "rounded y", 1, 6),
)

_LR: dict[str, Callable[[Image, tuple[int, int]], Image]] = {
    "MATLAB's imresize, replicated border": lambda image, size: imresize(image, size, border="replicate"),
    "OpenCV cubic": lambda image, size: _opencv(image, size, cv2.INTER_CUBIC),
    "OpenCV linear": lambda image, size: _opencv(image, size, cv2.INTER_LINEAR),
    "OpenCV area": lambda image, size: _opencv(image, size, cv2.INTER_AREA),
    "Pillow bicubic": lambda image, size: _pillow(image, size, Pil.Resampling.BICUBIC),
    "Pillow Lanczos": lambda image, size: _pillow(image, size, Pil.Resampling.LANCZOS),
}


def explain(
    method: Method,
    dataset: Dataset,
    scale: int,
    base: Protocol,
    protocols: Sequence[Protocol],
    inference: Inference,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> list[Variant]:
    """Score a method under a protocol, all others, and each single change of rules.

    Args:
        method: Which; must upscale RGB.
        dataset: Its images.
        scale: Upscaling factor.
        base: What the others are compared with; its LR must be RGB.
        protocols: Which others.
        inference: How the method runs.
        progress: Told of images done.

    Returns:
        The base first.

    Raises:
        RequestError: The base hands over luma alone.
        SRBenchError: An image cannot be read, or the method fails.
    """
    if base.card.degradation.planes != "rgb":
        raise RequestError(f"{base.name}: upscales luma alone; choose a protocol of RGB images to compare others with")
    chosen = method.inference(scale, inference)
    producer = method.open(scale, chosen or Inference())
    others = [protocol for protocol in protocols if protocol.name != base.name]
    scored = [
        protocol for protocol in (base, *others) if protocol.card.degradation.planes == "rgb" or method.colour != "rgb"
    ]
    found: dict[tuple[str, str], list[tuple[float, float | None]]] = defaultdict(list)
    errors: list[float] = []
    for done, sample in enumerate(dataset.samples, start=1):
        hr = decode(dataset, sample).image
        for rule, same in grouped(scored, lambda protocol: protocol.degradation):
            low = degrade(hr, sample, scale, rule, "made")
            image = _upscaled(producer, low.lr, low.reference, scale, grey=len(hr) == 1)
            for protocol in same:
                sr, truth = (protocol.compared(side, scale) for side in (image, low.reference))
                found["protocol", protocol.name].append((psnr(sr, truth), ssim(sr, truth)))
                if protocol is base:
                    errors.append(mse(sr, truth))
                    for name, values in _scored_otherwise(image, low.reference, scale):
                        found["scoring", name].append(values)
        reference = base.degradation.reference(hr, scale)
        size = reference.shape[1] // scale, reference.shape[2] // scale
        for name, shrink in _LR.items():
            image = _upscaled(producer, shrink(reference, size), reference, scale, grey=len(hr) == 1)
            sr, truth = (base.compared(side, scale) for side in (image, reference))
            found["LR", name].append((psnr(sr, truth), ssim(sr, truth)))
        progress(done, len(dataset.samples))
    variants = [_mean(kind, name, values, base.name) for (kind, name), values in found.items()]
    pooled = 10 * math.log10(255**2 / (sum(errors) / len(errors))) if any(errors) else math.inf
    variants.append(Variant("scoring", "MSE pooled over the images", pooled, None))
    return sorted(variants, key=lambda one: (not one.base, ("protocol", "scoring", "LR").index(one.kind)))


def _mean(kind: str, name: str, values: Sequence[tuple[float, float | None]], base: str) -> Variant:
    structure = [similarity for _, similarity in values if similarity is not None]
    return Variant(
        kind,
        name,
        float(np.mean([level for level, _ in values])),
        float(np.mean(structure)) if structure else None,
        base=(kind, name) == ("protocol", base),
    )


def _upscaled(producer: Producer, lr: Planes, reference: Image, scale: int, *, grey: bool) -> Image:
    (made,) = producer([Job("", lr, (reference.shape[1], reference.shape[2]), scale, grey=grey)])
    return made.array


def _scored_otherwise(image: Image, hr: Image, scale: int) -> Iterator[tuple[str, tuple[float, float | None]]]:
    """The same two images under each single change of scoring."""
    for name, planes, times, further in _SCORINGS:
        border = times * scale + further
        sr, truth = (_PLANES[planes](crop_border(side, border)) for side in (image, hr))
        yield name, (psnr(sr, truth), ssim(sr, truth))
    from skimage.metrics import structural_similarity

    sr, truth = (luma(crop_border(side, scale))[0] for side in (image, hr))
    level = psnr(sr[None], truth[None])
    similarity: Callable[..., Any] = structural_similarity
    yield "SSIM of a uniform 7 × 7 window", (level, float(similarity(sr, truth, data_range=255)))
    gaussian = similarity(sr, truth, data_range=255, gaussian_weights=True, sigma=1.5)
    yield "SSIM of sample covariances", (level, float(gaussian))


def _opencv(image: Image, size: tuple[int, int], how: int) -> Image:
    shrunk = cv2.resize(np.ascontiguousarray(image.transpose(1, 2, 0)), (size[1], size[0]), interpolation=how)
    return np.ascontiguousarray(np.asarray(shrunk, np.uint8).transpose(2, 0, 1))


def _pillow(image: Image, size: tuple[int, int], how: Pil.Resampling) -> Image:
    picture = Pil.fromarray(np.ascontiguousarray(image.transpose(1, 2, 0)))
    return np.ascontiguousarray(np.asarray(picture.resize((size[1], size[0]), how)).transpose(2, 0, 1))


def sentence(variants: Sequence[Variant], target: float) -> str:
    """What a target means: the variants that give it within 0.02 dB, or the nearest one."""

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
