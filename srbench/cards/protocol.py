"""The card of a protocol: how LR is made and how a result is scored."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from srbench.cards.fields import Name, Strict, Text


class Degradation(Strict):
    """How LR is made from HR."""

    planes: Literal["rgb", "y"]
    """Planes that are downscaled and upscaled: `rgb`, or `y` for the luma plane alone, rounded to uint8."""
    kernel: Literal["matlab-bicubic", "pillow-lanczos"]
    border: Literal["symmetric", "replicate", "renormalise"]
    """Samples beyond the edge: `symmetric` mirrors, `replicate` repeats, `renormalise` omits them (Pillow)."""
    rounding: Literal["uint8", "none"]


class Scoring(Strict):
    """How an upscaled image is scored."""

    planes: Literal["rgb", "y"]
    rounding: Literal["uint8", "none"]
    """Rounding of the luma plane before scoring; RGB results are always uint8."""
    crop_scale: Annotated[int, Field(ge=0)]
    crop_extra: Annotated[int, Field(ge=0)]
    """crop_scale · scale + crop_extra pixels are cut from each side."""
    perceptual: Literal["cropped", "whole"] = "cropped"
    """Whether metrics that look at RGB see the image inside that border, or the whole image."""


class ProtocolCard(Strict):
    """A named, versioned set of rules for degradation and scoring."""

    name: Name
    version: Annotated[int, Field(ge=1)]
    summary: Text
    source: Text
    reported_by: Text
    grey: Literal["rgb", "y"]
    """Treatment of a grey file: `rgb` repeats its plane three times, `y` uses it unchanged as luma."""
    degradation: Degradation
    scoring: Scoring

    @model_validator(mode="after")
    def _planes_fit(self) -> ProtocolCard:
        made, scored = self.degradation, self.scoring
        if made.planes == "y" and (self.grey, scored.planes, scored.rounding) != ("y", "y", "uint8"):
            raise ValueError(
                "upscaled luma is uint8: planes 'y' needs grey 'y', scored on planes 'y' rounded to 'uint8'"
            )
        if scored.planes == "rgb" and scored.rounding != "uint8":
            raise ValueError("an RGB result is uint8; write rounding 'uint8'")
        if (made.kernel == "pillow-lanczos") != (made.border == "renormalise"):
            raise ValueError("kernel 'pillow-lanczos' needs border 'renormalise', which no other kernel has")
        if made.kernel == "pillow-lanczos" and (made.planes, made.rounding) != ("rgb", "uint8"):
            raise ValueError("pillow-lanczos shrinks uint8 RGB: write planes 'rgb', rounding 'uint8'")
        return self

    @property
    def rules(self) -> dict[str, Any]:
        """Fields of the card that determine the scores, as a dict."""
        fields = self.model_dump(include={"name", "version", "grey", "degradation", "scoring"})
        if self.scoring.perceptual == "cropped":  # the default, which cards of earlier versions do not name
            del fields["scoring"]["perceptual"]
        return fields

    @property
    def hash(self) -> str:
        """First 12 hexadecimal digits of the sha256 of `rules`, as canonical JSON."""
        canonical = json.dumps(self.rules, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()[:12]
