"""Cards: TOML files that declare one upscaler, dataset, protocol, classifier or report, as strict, frozen models."""

from __future__ import annotations

import hashlib
import json
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from srbench.api import Colour, Task
from srbench.errors import CardError

__all__ = [
    "ArchiveEntry",
    "Card",
    "ClassifierCard",
    "ClassifierWeights",
    "DatasetCard",
    "Degradation",
    "MethodCard",
    "ProtocolCard",
    "PublishedBlock",
    "PublishedRow",
    "ReportCard",
    "ReportedFigure",
    "Scoring",
    "Tolerance",
    "WeightsEntry",
    "is_card_file",
    "read_card",
]

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
Target = Annotated[str, Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Text = Annotated[str, Field(min_length=1)]
Scale = Annotated[int, Field(ge=2, le=16)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WeightsEntry(_Strict):
    """One weight file of a method: shipped beside the card, or other people's and fetched from `urls` on first use."""

    name: Name
    """What follows `@` in `edsr@name`; the first entry of a scale is the default."""
    scale: Scale
    file: Text
    """Relative to the card, or the name of the file that `urls` lead to."""
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{8,64}$")]
    """Of the file; of other people's files sometimes only the first digits, 8 or more, are published."""
    urls: tuple[Annotated[str, Field(pattern=r"^https?://")], ...] = ()
    """Where the file is fetched from, the next where one fails; none for a file that is shipped."""
    member: Text | None = None
    """How the path inside the file ends, where that is a ZIP archive."""
    licence: Text
    trained_on: Annotated[tuple[str, ...], Field(min_length=1)]
    parameters: Annotated[int, Field(gt=0)]
    """Numbers in the file, of one member of an archive."""
    reach: Annotated[int, Field(ge=0)] | None = None
    """The method's, where these weights are of a larger network than its others."""

    @model_validator(mode="after")
    def _whole_hash_of_shipped(self) -> WeightsEntry:
        if self.shipped and (len(self.sha256) < 64 or self.member):
            raise ValueError("a shipped file has a whole sha256 and no member; other people's files have urls")
        return self

    @property
    def shipped(self) -> bool:
        """Whether the file comes with the pack."""
        return not self.urls

    @property
    def identity(self) -> str:
        """What tells these weights from any others."""
        return f"{self.sha256}:{self.member}" if self.member else self.sha256


class Tolerance(_Strict):
    """How far a measured mean may lie from a published one."""

    psnr: Annotated[float, Field(gt=0)]
    """In dB."""
    ssim: Annotated[float, Field(gt=0)] | None = None


class PublishedRow(_Strict):
    """A published mean at one scale."""

    scale: Scale
    psnr: float
    """In dB."""
    ssim: float | None = None


class PublishedBlock(_Strict):
    """Published means of one method on one dataset."""

    dataset: Name
    protocol: Name
    weights: Name | None = None
    """Weights the rows hold for; None for a method without weights."""
    kind: Literal["published", "reference"]
    """Printed in the literature, or measured with an independent implementation of the same protocol."""
    source: Text
    tolerance: Tolerance
    rows: Annotated[tuple[PublishedRow, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _tolerance_for_each_metric(self) -> PublishedBlock:
        if any(row.ssim is not None for row in self.rows) and self.tolerance.ssim is None:
            raise ValueError("rows give ssim, tolerance does not")
        return self


class MethodCard(_Strict):
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
    reach: Annotated[int, Field(ge=0)] | None = None
    """How far, in LR pixels, a result looks beyond the sample it belongs to; None where that is not known."""
    weights: tuple[WeightsEntry, ...] = ()
    published: tuple[PublishedBlock, ...] = ()

    @model_validator(mode="after")
    def _weights_cover_scales(self) -> MethodCard:
        covered = {entry.scale for entry in self.weights}
        if len({(entry.name, entry.scale) for entry in self.weights}) < len(self.weights):
            raise ValueError("two [[weights]] have the same name and scale")
        if covered and (self.scales == "any" or covered != set(self.scales)):
            raise ValueError(f"scales {self.scales!r} but weights for {sorted(covered)}; they must be the same")
        return self


class ArchiveEntry(_Strict):
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


class DatasetCard(_Strict):
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
    splits: dict[Name, Annotated[int, Field(gt=0)]] = {}
    """Name to how many images; the first is `count`'s, and the reader then takes a folder and a name. Empty for one."""
    archives: tuple[ArchiveEntry, ...] = ()
    """What `srbench datasets fetch` gets; empty where nothing can be got by itself."""
    pixels: dict[str, Sha256] = {}
    """Image id to `srbench.images.pixel_sha256`; empty where no hashes are known."""

    @model_validator(mode="after")
    def _hashes_cover_images(self) -> DatasetCard:
        if self.splits and next(iter(self.splits.values())) != self.count:
            raise ValueError(f"count is {self.count}, but that of the first split is another")
        if self.pixels and len(self.pixels) != self.count:
            raise ValueError(f"count is {self.count} but [pixels] lists {len(self.pixels)} images")
        return self


class Degradation(_Strict):
    """How LR is made from HR."""

    planes: Literal["rgb", "y"]
    """`y`: the luma plane, rounded to uint8, is what is shrunk and upscaled."""
    kernel: Literal["matlab-bicubic", "pillow-lanczos"]
    border: Literal["symmetric", "replicate", "renormalise"]
    """Beyond the edge: mirror, repeat, or (Pillow) leave out and renormalise."""
    rounding: Literal["uint8", "none"]


class Scoring(_Strict):
    """On what the result is scored."""

    planes: Literal["rgb", "y"]
    rounding: Literal["uint8", "none"]
    """Of the luma plane; RGB results are always uint8."""
    crop_scale: Annotated[int, Field(ge=0)]
    crop_extra: Annotated[int, Field(ge=0)]
    """crop_scale · scale + crop_extra pixels are cut from each side."""


class ProtocolCard(_Strict):
    """A named, versioned rule that every number carries."""

    name: Name
    version: Annotated[int, Field(ge=1)]
    summary: Text
    source: Text
    reported_by: Text
    grey: Literal["rgb", "y"]
    """A grey file is repeated into three planes, or used as luma as it is."""
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
            raise ValueError("border 'renormalise' is Pillow's, and Pillow has no other")
        if made.kernel == "pillow-lanczos" and (made.planes, made.rounding) != ("rgb", "uint8"):
            raise ValueError("pillow-lanczos shrinks uint8 RGB: planes 'rgb', rounding 'uint8'")
        return self

    @property
    def rules(self) -> dict[str, Any]:
        """What decides the numbers, and nothing else."""
        return self.model_dump(include={"name", "version", "grey", "degradation", "scoring"})

    @property
    def hash(self) -> str:
        """First 12 hexadecimal digits of the sha256 of the rules, as canonical JSON."""
        canonical = json.dumps(self.rules, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()[:12]


class ClassifierWeights(_Strict):
    """The weight file that comes with a classifier."""

    file: Text
    """Relative to the card."""
    sha256: Sha256
    licence: Text
    trained_on: Annotated[tuple[str, ...], Field(min_length=1)]
    parameters: Annotated[int, Field(gt=0)]


class ClassifierCard(_Strict):
    """A network that says what is in an image."""

    name: Name
    title: Text
    summary: Text
    factory: Target
    """`module:attribute`, a ClassifierFactory."""
    task: Task
    licence: Text
    source: Text
    weights: ClassifierWeights | None = None
    """Shipped ones; without them the user gives a file, or names a variant."""
    variants: Text | None = None
    """What may follow the colon in `timm:resnet50`; None where nothing may."""

    @model_validator(mode="after")
    def _one_source_of_weights(self) -> ClassifierCard:
        if self.weights is not None and self.variants is not None:
            raise ValueError("a classifier with variants has no weights of its own")
        return self


class ReportedFigure(_Strict):
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


class ReportCard(_Strict):
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


Card = MethodCard | DatasetCard | ProtocolCard | ClassifierCard | ReportCard

_KINDS: dict[str, type[Card]] = {
    "method": MethodCard,
    "dataset": DatasetCard,
    "protocol": ProtocolCard,
    "classifier": ClassifierCard,
    "report": ReportCard,
}


def is_card_file(name: str) -> bool:
    """Whether a file of this name in a pack is a card: `card.toml` or `*.card.toml`."""
    return name == "card.toml" or name.endswith(".card.toml")


def read_card(path: Path) -> Card:
    """Read one card.

    The file's first table, `[method]`, `[dataset]`, `[protocol]`, `[classifier]` or `[report]`, says what it declares;
    tables beside it, such as `[[weights]]`, are fields of the same card.

    Args:
        path: A card file.

    Raises:
        CardError: The file is no TOML, declares none or several things, or a field is missing, unknown or wrong.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CardError(f"{path}: cannot be read as a card ({error})") from error
    kinds = [kind for kind in _KINDS if kind in tables]
    if len(kinds) != 1 or not isinstance(tables[kinds[0]], dict):
        raise CardError(f"{path}: a card holds exactly one of the tables [{'], ['.join(_KINDS)}]; found {kinds}")
    head = tables.pop(kinds[0])
    twice = sorted(head.keys() & tables.keys())
    if twice:
        raise CardError(f"{path}: {', '.join(twice)} given twice, inside and beside [{kinds[0]}]")
    try:
        return _KINDS[kinds[0]].model_validate(head | tables)
    except ValidationError as error:
        raise CardError(f"{path}: {_problems(error)}") from error


def _problems(error: ValidationError) -> str:
    """Each field with what is wrong about it."""
    return "; ".join(
        f"{'.'.join(str(part) for part in item['loc']) or 'card'}: {item['msg']}" for item in error.errors()
    )
