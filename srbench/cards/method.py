"""The card of an upscaler: its factory, weights and published figures."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AliasChoices, Field, model_validator

from srbench.api import Colour
from srbench.cards.fields import Name, Scale, Strict, Target, Text

ReceptiveRadius = Annotated[
    Annotated[int, Field(ge=0)] | None, Field(validation_alias=AliasChoices("receptive_radius", "reach"))
]
"""Receptive radius in LR pixels; the key was named `reach` before version 0.2."""


class WeightsEntry(Strict):
    """A weight file of a method: shipped beside the card, or downloaded from `urls` on first use."""

    name: Name
    """Text after `@` in `edsr@name`; the first entry of each scale is the default."""
    scale: Scale
    file: Text
    """Path of a shipped file, relative to the card; for a download, its file name."""
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{8,64}$")]
    """sha256 of the file; of a download, at least the first 8 digits, because some authors publish no more."""
    urls: tuple[Annotated[str, Field(pattern=r"^https?://")], ...] = ()
    """URLs of the file, in the order in which they are tried; empty for a shipped file."""
    member: Text | None = None
    """End of the weights' path inside the downloaded file, if that file is a ZIP archive."""
    licence: Text
    trained_on: Annotated[tuple[str, ...], Field(min_length=1)]
    parameters: Annotated[int, Field(gt=0)]
    """Number of values stored in the file or, for an archive, in its `member`."""
    receptive_radius: ReceptiveRadius = None
    """Receptive radius in LR pixels that overrides the method's, for weights of a larger network."""

    @model_validator(mode="after")
    def _whole_hash_of_shipped(self) -> WeightsEntry:
        if self.shipped and (len(self.sha256) < 64 or self.member):
            raise ValueError("a shipped file needs a whole sha256 and no member; a downloaded file needs urls")
        return self

    @property
    def shipped(self) -> bool:
        """Whether the file comes with the pack."""
        return not self.urls

    @property
    def purpose(self) -> str:
        """The scale, as ` for ×4`."""
        return f" for ×{self.scale}"

    def advice(self, method: str) -> str:
        """Return how to use one's own copy of the file."""
        return f"ask for {method.partition('@')[0]}@{self.name} and add --weights FILE"


class Tolerance(Strict):
    """Largest difference between a measured and a published mean."""

    psnr: Annotated[float, Field(gt=0)]
    """Largest difference in PSNR, in dB."""
    ssim: Annotated[float, Field(gt=0)] | None = None


class PublishedRow(Strict):
    """A published mean at one scale."""

    scale: Scale
    psnr: float
    """Mean PSNR in dB."""
    ssim: float | None = None


class PublishedBlock(Strict):
    """Published means of one method on one dataset."""

    dataset: Name
    protocol: Name
    weights: Name | None = None
    """Name of the weights; None for a method without weights."""
    kind: Literal["published", "reference"]
    """`published` in the literature, or a `reference` measured with another implementation of the protocol."""
    source: Text
    tolerance: Tolerance
    rows: Annotated[tuple[PublishedRow, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _tolerance_for_each_metric(self) -> PublishedBlock:
        if any(row.ssim is not None for row in self.rows) and self.tolerance.ssim is None:
            raise ValueError("rows give ssim but [tolerance] does not; add ssim to it")
        return self


class MethodCard(Strict):
    """An upscaler."""

    name: Name
    title: Text
    summary: Text
    factory: Target
    """`module:attribute` of the function that builds the upscaler, an UpscalerFactory."""
    scales: tuple[Scale, ...] | Literal["any"]
    colour: Colour
    licence: Text
    source: Text
    receptive_radius: ReceptiveRadius = None
    """Distance, in LR pixels, beyond which no input influences a sample of the output; None if unknown."""
    variants: Text | None = None
    """Description of the text after the colon in `name:variant`, such as a file; None without variants."""
    describe: Target | None = None
    """`module:attribute` of a function that returns a `VariantInfo` for a variant, where scales and colour depend on
    it; the card's own then stand for what is possible."""
    weights: tuple[WeightsEntry, ...] = ()
    published: tuple[PublishedBlock, ...] = ()

    @model_validator(mode="after")
    def _weights_cover_scales(self) -> MethodCard:
        if self.describe is not None and self.variants is None:
            raise ValueError("`describe` is for methods with variants; remove it")
        if self.weights and self.variants is not None:
            raise ValueError("a method has either variants or [[weights]], not both; remove one")
        covered = {entry.scale for entry in self.weights}
        if len({(entry.name, entry.scale) for entry in self.weights}) < len(self.weights):
            raise ValueError("two [[weights]] have the same name and scale; rename one")
        if covered and (self.scales == "any" or covered != set(self.scales)):
            raise ValueError(f"scales {self.scales!r} but weights for {sorted(covered)}; they must be the same")
        return self
