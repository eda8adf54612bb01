"""Cards of reports: figures that others published for their systems, printed beside srbench's own."""

from typing import Annotated

from pydantic import Field

from srbench.cards.fields import Name, Scale, Strict, Text


class ReportedFigure(Strict):
    """A PSNR stated in a report."""

    method: Text
    """Method that stands in for the reported system, such as `edsr+correct`."""
    label: Text | None = None
    """Name of the system in the report."""
    dataset: Text
    image: Text | None = None
    """Image id; None for the mean over the dataset."""
    scale: Scale
    psnr: float
    """Reported PSNR in dB."""


class ReportCard(Strict):
    """A report on another system, with methods that stand in for that system; printed, never verified."""

    name: Name
    title: Text
    summary: Text
    protocol: Name
    """Name of the protocol closest to that of the report."""
    methods: Annotated[tuple[str, ...], Field(min_length=1)]
    rival: Text | None = None
    """Method whose PSNR is compared with that of the first of `methods`, per image."""
    figures: tuple[ReportedFigure, ...] = ()
