"""The card of an upscaler: its factory, weights and published figures."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AliasChoices, Field, model_validator

from srbench.api import Colour
from srbench.cards.fields import Name, Scale, Strict, Target, Text

ReceptiveRadius = Annotated[
    Annotated[int, Field(ge=0)] | None, Field(validation_alias=AliasChoices("receptive_radius", "reach"))
]
"""In LR pixels; named `reach` before version 0.2."""


class WeightsEntry(Strict):
    """A weight file of a method: shipped beside the card, or downloaded from `urls` on first use."""

    name: Name
    """The text after `@` in `edsr@name`; the first entry of a scale is the default."""
    scale: Scale
    file: Text
    """Path relative to the card, or name of the downloaded file."""
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{8,64}$")]
    """Hash of the file; for a download 8 or more leading digits suffice, because some authors publish no more."""
    urls: tuple[Annotated[str, Field(pattern=r"^https?://")], ...] = ()
    """Mirrors, in the order to try them; empty for a shipped file."""
    member: Text | None = None
    """End of the path inside the file, if the file is a ZIP archive."""
    licence: Text
    trained_on: Annotated[tuple[str, ...], Field(min_length=1)]
    parameters: Annotated[int, Field(gt=0)]
    """Numbers in the file, or in the archive's `member`."""
    receptive_radius: ReceptiveRadius = None
    """Overrides the method's, for weights of a larger network."""

    @model_validator(mode="after")
    def _whole_hash_of_shipped(self) -> WeightsEntry:
        if self.shipped and (len(self.sha256) < 64 or self.member):
            raise ValueError("a shipped file has a whole sha256 and no member; a downloaded one has urls")
        return self

    @property
    def shipped(self) -> bool:
        """Whether the file comes with the pack."""
        return not self.urls

    @property
    def identity(self) -> str:
        """Hash, and member of an archive, that identify the weights."""
        return f"{self.sha256}:{self.member}" if self.member else self.sha256


class Tolerance(Strict):
    """Largest difference between a measured and a published mean."""

    psnr: Annotated[float, Field(gt=0)]
    """In dB."""
    ssim: Annotated[float, Field(gt=0)] | None = None


class PublishedRow(Strict):
    """A published mean at one scale."""

    scale: Scale
    psnr: float
    """In dB."""
    ssim: float | None = None


class PublishedBlock(Strict):
    """Published means of one method on one dataset."""

    dataset: Name
    protocol: Name
    weights: Name | None = None
    """Name of the weights; None for a method without weights."""
    kind: Literal["published", "reference"]
    """From the literature, or measured with an independent implementation of the same protocol."""
    source: Text
    tolerance: Tolerance
    rows: Annotated[tuple[PublishedRow, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _tolerance_for_each_metric(self) -> PublishedBlock:
        if any(row.ssim is not None for row in self.rows) and self.tolerance.ssim is None:
            raise ValueError("rows give ssim, tolerance does not")
        return self


class MethodCard(Strict):
    """An upscaler."""

    name: Name
    title: Text
    summary: Text
    factory: Target
    """`module:attribute`, an UpscalerFactory."""
    scales: tuple[Scale, ...] | Literal["any"]
    colour: Colour
    licence: Text
    source: Text
    receptive_radius: ReceptiveRadius = None
    """Distance, in LR pixels, beyond which nothing influences a sample of the result; None if unknown."""
    variants: Text | None = None
    """Description of the text after the colon in `name:variant`, such as a file; None without variants."""
    weights: tuple[WeightsEntry, ...] = ()
    published: tuple[PublishedBlock, ...] = ()

    @model_validator(mode="after")
    def _weights_cover_scales(self) -> MethodCard:
        if self.weights and self.variants is not None:
            raise ValueError("a method with variants has no weights of its own")
        covered = {entry.scale for entry in self.weights}
        if len({(entry.name, entry.scale) for entry in self.weights}) < len(self.weights):
            raise ValueError("two [[weights]] have the same name and scale")
        if covered and (self.scales == "any" or covered != set(self.scales)):
            raise ValueError(f"scales {self.scales!r} but weights for {sorted(covered)}; they must be the same")
        return self
