"""The card of a report on someone's system."""

from typing import Annotated

from pydantic import Field

from srbench.cards.fields import Name, Scale, Strict, Text


class ReportedFigure(Strict):
    """A PSNR that a report gives."""

    method: Text
    """What stands for the reported system here, such as `edsr+correct`."""
    label: Text | None = None
    """What the report calls it."""
    dataset: Text
    image: Text | None = None
    """None for the mean over the dataset."""
    scale: Scale
    psnr: float
    """In dB."""


class ReportCard(Strict):
    """A report on a system, and the methods that stand for it here; shown beside our figures, never verified."""

    name: Name
    title: Text
    summary: Text
    protocol: Name
    """The one of ours that comes nearest to the report's."""
    methods: Annotated[tuple[str, ...], Field(min_length=1)]
    rival: Text | None = None
    """A method whose PSNR the first of `methods` is compared with image by image."""
    figures: tuple[ReportedFigure, ...] = ()
