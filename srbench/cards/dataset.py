"""The card of a dataset: its reader, archives and pixel hashes."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from srbench.cards.fields import Name, Sha256, Strict, Target, Text


class ArchiveEntry(Strict):
    """A file that a dataset comes in."""

    file: Text
    """Its name: of an archive, which is unpacked, or of a plain file."""
    urls: Annotated[tuple[Annotated[str, Field(pattern=r"^https?://")], ...], Field(min_length=1)]
    """Mirrors, in the order to try them."""
    checksum: Annotated[str, Field(pattern=r"^(md5:[0-9a-f]{32}|sha256:[0-9a-f]{64})$")] | None = None
    """None where its authors state none; the pixels then decide."""
    prefix: str = ""
    """The folder in the archive that is unpacked, up to and with its slash; empty for all of it."""
    into: str = ""
    """Where in the dataset's folder it goes."""
    unpacked_mib: Annotated[int, Field(gt=0)]
    """More than this is not unpacked."""


class DatasetCard(Strict):
    """Named images, in one split or several."""

    name: Name
    title: Text
    summary: Text
    reader: Target
    """`module:attribute`, a Reader."""
    folder: str
    """Below $SRBENCH_DATA; empty when the images come with an installed package."""
    count: Annotated[int, Field(gt=0)]
    licence: Text
    source: Text
    splits: dict[Name, Annotated[int, Field(gt=0)]] = Field(default_factory=dict)
    """Name to how many images; the first is `count`'s, and the reader then takes a folder and a name. Empty for one."""
    archives: tuple[ArchiveEntry, ...] = ()
    """What `srbench datasets fetch` gets; empty where nothing can be got by itself."""
    pixels: dict[str, Sha256] = Field(default_factory=dict)
    """Image id to `srbench.images.pixel_sha256`; empty where no hashes are known."""

    @model_validator(mode="after")
    def _hashes_cover_images(self) -> DatasetCard:
        if self.splits and next(iter(self.splits.values())) != self.count:
            raise ValueError(f"count is {self.count}, but that of the first split is another")
        if self.pixels and len(self.pixels) != self.count:
            raise ValueError(f"count is {self.count} but [pixels] lists {len(self.pixels)} images")
        return self
