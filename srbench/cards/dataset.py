"""The card of a dataset: its reader, archives and pixel hashes."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from srbench.cards.fields import Name, Sha256, Strict, Target, Text


class ArchiveEntry(Strict):
    """An archive or a plain file of a dataset."""

    file: Text
    """Its name; a file with an archive's suffix is unpacked, any other is copied."""
    urls: Annotated[tuple[Annotated[str, Field(pattern=r"^https?://")], ...], Field(min_length=1)]
    """Mirrors, in the order to try them."""
    checksum: Annotated[str, Field(pattern=r"^(md5:[0-9a-f]{32}|sha256:[0-9a-f]{64})$")] | None = None
    """None if the authors publish none; the pixel hashes then verify the images."""
    prefix: str = ""
    """The folder in the archive that is unpacked, with a final slash; empty for the whole archive."""
    into: str = ""
    """Its target, relative to the dataset's folder."""
    unpacked_mib: Annotated[int, Field(gt=0)]
    """Largest total size of the unpacked files."""


class DatasetCard(Strict):
    """A dataset with one or several splits."""

    name: Name
    title: Text
    summary: Text
    reader: Target
    """`module:attribute`, a Reader."""
    folder: str
    """Relative to $SRBENCH_DATA; empty if the images come with an installed package."""
    count: Annotated[int, Field(gt=0)]
    licence: Text
    source: Text
    splits: dict[Name, Annotated[int, Field(gt=0)]] = Field(default_factory=dict)
    """Images per split; the first is the default and equals `count`. If set, `reader(folder, split)` is called."""
    archives: tuple[ArchiveEntry, ...] = ()
    """Files for `srbench datasets fetch`; empty if they cannot be downloaded automatically."""
    pixels: dict[str, Sha256] = Field(default_factory=dict)
    """`srbench.images.pixel_sha256` by image id; empty if unknown."""

    @model_validator(mode="after")
    def _hashes_cover_images(self) -> DatasetCard:
        if self.splits and next(iter(self.splits.values())) != self.count:
            raise ValueError(f"count is {self.count} but must equal the size of the first split")
        if self.pixels and len(self.pixels) != self.count:
            raise ValueError(f"count is {self.count} but [pixels] lists {len(self.pixels)} images")
        return self
