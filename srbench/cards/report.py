"""The card of a report on another system."""

from typing import Annotated

from pydantic import Field

from srbench.cards.fields import Name, Scale, Strict, Text


class ReportedFigure(Strict):
    """A PSNR stated in a report."""

    method: Text
    """Our stand-in for the reported system, such as `edsr+correct`."""
    label: Text | None = None
    """The report's name for the system."""
    dataset: Text
    image: Text | None = None
    """None for the mean over the dataset."""
    scale: Scale
    psnr: float
    """In dB."""


class ReportCard(Strict):
    """A report on a system, with our stand-ins for it; printed beside our results, never verified."""

    name: Name
    title: Text
    summary: Text
    protocol: Name
    """Our protocol closest to the report's."""
    methods: Annotated[tuple[str, ...], Field(min_length=1)]
    rival: Text | None = None
    """Method whose PSNR is compared with that of the first of `methods`, per image."""
    figures: tuple[ReportedFigure, ...] = ()
