"""Behaviour of a protocol card: making LR from HR, and selecting the planes that metrics compare."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pil

from srbench.api import Image, Planes
from srbench.cards import Degradation, ProtocolCard
from srbench.errors import ImageError, UndefinedMetricError
from srbench.files import to_rgb
from srbench.protocols.colour import luma
from srbench.protocols.resize import Border, imresize, modcrop


@dataclass(frozen=True)
class DegradationRule:
    """How LR is made from HR; protocols with the same rule share LR and upscaled images."""

    rule: Degradation
    grey: str

    def reference(self, hr: Image, scale: int) -> Planes:
        """Prepare HR: crop it to a multiple of the scale, in the planes that are upscaled.

        Args:
            hr: uint8, (3, H, W) RGB or (1, H, W) grey.
            scale: Upscaling factor.

        Returns:
            uint8, (3, H', W') RGB, or (1, H', W') luma; applied to its own output, unchanged.
        """
        cropped = modcrop(hr, scale)
        if self.rule.planes == "rgb":
            return to_rgb(cropped)
        return _luma_plane(cropped, self.grey, rounded=True)

    def degrade(self, hr: Image, scale: int) -> Planes:
        """Make LR from HR.

        Args:
            hr: uint8, (3, H, W) RGB or (1, H, W) grey, or the output of `reference`.
            scale: Downscaling factor; sides are first cropped at the bottom and right to a multiple of it.

        Returns:
            (C, h, w), 0…255; uint8 if the rule rounds, else float64.

        Raises:
            ImageError: A side of the image is shorter than the scale.
        """
        reference = self.reference(hr, scale)
        size = reference.shape[1] // scale, reference.shape[2] // scale
        if self.rule.kernel == "pillow-lanczos":
            return _pillow_lanczos(reference, size)
        border: Border = "replicate" if self.rule.border == "replicate" else "symmetric"
        source = reference if self.rule.rounding == "uint8" else reference.astype(np.float64)
        return imresize(source, size, border=border)


@dataclass(frozen=True)
class Protocol:
    """A protocol card and its behaviour."""

    card: ProtocolCard

    @property
    def name(self) -> str:
        """Name of the protocol."""
        return self.card.name

    @property
    def degradation(self) -> DegradationRule:
        """Rule by which the protocol makes LR from HR."""
        return DegradationRule(self.card.degradation, self.card.grey)

    def crop_border(self, scale: int) -> int:
        """Return the number of pixels cropped from each side before scoring."""
        return self.card.scoring.crop_scale * scale + self.card.scoring.crop_extra

    def compared(self, image: Planes, scale: int) -> Planes:
        """Select the planes that metrics compare, on the device that holds the image.

        Args:
            image: HR or result, (3, H, W) RGB, (1, H, W) grey, or the luma this protocol upscales; 0…255.
            scale: Upscaling factor.

        Returns:
            uint8 or float64, (C, H', W'), 0…255: the scored planes without the border.

        Raises:
            ImageError: Nothing is left inside the border.
        """
        if not isinstance(image, np.ndarray):
            from srbench.protocols.tensors import compared_on_device  # here, since arrays need no torch

            return compared_on_device(self, image, scale)
        scoring = self.card.scoring
        inside = crop_border(image, self.crop_border(scale))
        if scoring.planes == "y":
            return _luma_plane(inside, self.card.grey, rounded=scoring.rounding == "uint8")
        return to_rgb(inside)

    def in_rgb(self, image: Planes, scale: int) -> Planes:
        """Select what metrics that look at RGB compare, on the device that holds the image.

        Args:
            image: HR or result: uint8, (3, H, W) RGB or (1, H, W) grey.
            scale: Upscaling factor.

        Returns:
            uint8, (3, H', W'), 0…255: inside the scored border, or whole if the card says so.

        Raises:
            UndefinedMetricError: The protocol upscales luma alone.
            ImageError: Nothing is left inside the border.
        """
        if self.card.degradation.planes == "y":
            raise UndefinedMetricError(f"looks at RGB, and under {self.name} only luma is upscaled")
        whole = self.card.scoring.perceptual == "whole"
        inside = image if whole else crop_border(image, self.crop_border(scale))
        return to_rgb(inside) if isinstance(inside, np.ndarray) else inside.expand(3, -1, -1)


def crop_border(image: Planes, border: int) -> Planes:
    """Crop the same number of pixels from each side.

    Args:
        image: (..., H, W).
        border: Width in pixels.

    Raises:
        ImageError: Nothing would be left.
    """
    height, width = image.shape[-2:]
    if min(height, width) <= 2 * border:
        raise ImageError(f"a {width}×{height} image has nothing left inside a border of {border} pixels; enlarge it")
    return image[..., border : height - border, border : width - border]


def quantise(image: NDArray[Any]) -> Image:
    """Round finite float samples in 0…255, of any shape, to uint8, halves up, and clip, as MATLAB does."""
    return quantise_checked(image, factor=1.0, tie=0.0, limit=math.inf)[0]


def quantise_checked(image: NDArray[Any], *, factor: float, tie: float, limit: float) -> tuple[Image, bool]:
    """Round as `quantise` does, and check the samples in the same pass.

    Args:
        image: float, any shape.
        factor: Multiplier applied first, in float64, to bring samples to 0…255.
        tie: Samples at most this far below a half are rounded up too, in 8-bit levels.
        limit: Largest plausible magnitude of a sample, before the multiplication.

    Returns:
        The image, uint8, and whether every sample is finite and within the limit.
    """
    from srbench.parallel import banded, plain  # here, so that listing does not load a compiler
    from srbench.protocols.loops import quantise_flat

    values = plain(image if image.dtype == np.float32 else image.astype(np.float64, copy=False)).reshape(-1)
    out = np.empty(image.shape, np.uint8)
    flat = out.reshape(-1)
    strange = banded(lambda start, stop: quantise_flat(values, factor, tie, limit, flat, start, stop), len(values))
    return out, not any(strange)


def _luma_plane(image: Planes, grey: str, *, rounded: bool) -> Planes:
    """Luma, (1, H, W): uint8 if rounded, else float64; a single plane is luma already if the card's grey is `y`."""
    if image.shape[0] == 1 and grey == "y":
        return image
    plane = luma(to_rgb(image))
    return quantise(plane) if rounded else plane


def _pillow_lanczos(image: Image, size: tuple[int, int]) -> Image:
    if image.shape[0] != 3:
        raise ImageError(f"pillow-lanczos shrinks RGB images, got {image.shape[0]} planes")
    picture = Pil.fromarray(np.ascontiguousarray(image.transpose(1, 2, 0)))
    shrunk = picture.resize((size[1], size[0]), Pil.Resampling.LANCZOS)
    return np.ascontiguousarray(np.asarray(shrunk).transpose(2, 0, 1))
