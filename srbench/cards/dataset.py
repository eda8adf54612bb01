"""The card of a dataset: its reader, archives and pixel hashes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from srbench.cards.fields import Name, Sha256, Strict, Target, Text


class ArchiveEntry(Strict):
    """An archive or a plain file of a dataset."""

    file: Text
    """File name; a file with an archive's suffix, such as `.zip`, is unpacked, any other is copied."""
    urls: Annotated[tuple[Annotated[str, Field(pattern=r"^https?://")], ...], Field(min_length=1)]
    """URLs of the file, in the order in which they are tried."""
    checksum: Annotated[str, Field(pattern=r"^(md5:[0-9a-f]{32}|sha256:[0-9a-f]{64})$")] | None = None
    """`md5:…` or `sha256:…` of the file; None if the authors publish none, and only pixel hashes verify the images."""
    prefix: str = ""
    """Folder inside the archive to unpack, with a final slash; empty for the whole archive."""
    into: str = ""
    """Folder to unpack or copy into, relative to the dataset's folder."""
    unpacked_mib: Annotated[int, Field(gt=0)]
    """Largest total size of the unpacked files, in MiB."""


class DatasetCard(Strict):
    """A dataset with one or several splits."""

    name: Name
    title: Text
    summary: Text
    reader: Target
    """`module:attribute` of the function that lists the dataset's files, a `Reader`."""
    folder: str
    """Folder of the images, relative to $SRBENCH_DATA; empty if the images come with an installed package."""
    count: Annotated[int, Field(gt=0)]
    licence: Text
    source: Text
    splits: dict[Name, Annotated[int, Field(gt=0)]] = Field(default_factory=dict)
    """Images by split; the first split is the default and has `count`. If set, `reader(folder, split)` is called."""
    archives: tuple[ArchiveEntry, ...] = ()
    """Files that `srbench datasets fetch` downloads; empty if no automatic download is possible."""
    pixels: dict[str, Sha256] = Field(default_factory=dict)
    """Expected `srbench.files.pixel_sha256` by image id; empty if unknown."""
    other_pixels: Literal["refuse", "warn"] = "refuse"
    """Treatment of images with other pixels than listed: by `refuse` they fail, in imports and in runs; by `warn` an
    import counts them and a run's notes name them, for files that decoders do not decode alike, such as JPEG."""

    @model_validator(mode="after")
    def _hashes_cover_images(self) -> DatasetCard:
        if self.splits and next(iter(self.splits.values())) != self.count:
            raise ValueError(f"count is {self.count} but the first split in [splits] has another size; make them equal")
        if self.pixels and len(self.pixels) != self.count:
            raise ValueError(f"count is {self.count} but [pixels] lists {len(self.pixels)} images; make them equal")
        if self.other_pixels == "warn" and not self.pixels:
            raise ValueError("other_pixels is set but [pixels] lists no hashes; list them or leave it out")
        return self
