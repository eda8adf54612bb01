"""The types that packs and the engine share: small, frozen, without behaviour of their own.

Importing this module imports neither torch nor a codec.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

__all__ = [
    "BuildRequest",
    "Classifier",
    "ClassifierFactory",
    "ClassifierRequest",
    "Colour",
    "Labels",
    "Listing",
    "LrSource",
    "Metric",
    "Reader",
    "Sample",
    "Task",
    "Upscaler",
    "UpscalerFactory",
]

Colour = Literal["rgb", "y", "any"]
"""What a method upscales: RGB images, the luma plane alone, or whatever planes it is handed."""

LrSource = Literal["made", "given"]
"""Whether LR is made from HR by the protocol's rule, or read from the dataset's own LR files."""


class Upscaler(Protocol):
    """A super-resolution method, ready at one scale on one device.

    It may have an attribute `network`, the nn.Module that does all of its work on the same batch: other runtimes then
    take that over, and its parameters are counted.
    """

    def __call__(self, lr: Tensor, /) -> Tensor:
        """Upscale a batch.

        Args:
            lr: float32, (N, C, h, w), [0, 1], on the method's device. C = 3 (RGB) for a method of colour `rgb`,
                1 (luma in studio range, divided by 255) for `y`, either for `any`.

        Returns:
            float, (N, C, h·scale, w·scale), same range and colour; need not be clipped.
        """
        ...


@dataclass(frozen=True)
class BuildRequest:
    """What a factory is told when it builds an upscaler.

    Attributes:
        scale: Upscaling factor.
        device: A torch device, such as `cpu` or `cuda`.
        weights: The verified weight file for this scale, or None where the card lists none.
    """

    scale: int
    device: str
    weights: Path | None


UpscalerFactory = Callable[[BuildRequest], Upscaler]
"""What a method card's `factory` names."""


@dataclass(frozen=True)
class Sample:
    """One image of a dataset.

    Attributes:
        id: Unique in the dataset; the file's stem.
        hr: The high-resolution file.
        lr: Ready-made LR files by scale; may be empty.
    """

    id: str
    hr: Path
    lr: Mapping[int, Path] = field(default_factory=dict)


Task = Literal["classes", "attributes"]
"""What a classifier says of an image: one of several classes, or of each of several attributes whether it is there."""


@dataclass(frozen=True)
class Labels:
    """What people say is in a dataset's images.

    Attributes:
        task: One class an image, or several attributes.
        classes: Names of the classes or attributes.
        values: By image id: the index of its class, alone in a tuple; or 1 or 0 for each attribute.
    """

    task: Task
    classes: tuple[str, ...]
    values: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Listing:
    """What a reader finds below a dataset's folder.

    Attributes:
        samples: The split's images, in the dataset's order.
        companions: Other files that belong to the dataset, such as label lists; an import copies them too.
        labels: Reads those of exactly these images, when something asks for them; None where nobody has labelled them.
            Raises DatasetError where they are malformed, or of other images.
    """

    samples: tuple[Sample, ...]
    companions: tuple[Path, ...] = ()
    labels: Callable[[], Labels] | None = None


class Classifier(Protocol):
    """A network that says what is in images, ready on one device.

    Attributes:
        task: What it says.
        classes: Names of its classes or attributes, in the order of its scores; empty where they are not known.
    """

    task: Task
    classes: tuple[str, ...]

    def __call__(self, images: Tensor, /) -> Tensor:
        """Look at a batch.

        Args:
            images: float32 RGB in [0, 1], (N, 3, H, W), on the classifier's device, of any size.

        Returns:
            float, (N, K): logits, of a softmax over classes or of a sigmoid for each attribute.
        """
        ...


@dataclass(frozen=True)
class ClassifierRequest:
    """What a factory is told when it builds a classifier.

    Attributes:
        device: A torch device.
        weights: The verified weight file, or None where the card lists none.
        variant: What follows the colon in `timm:resnet50`; empty without one.
    """

    device: str
    weights: Path | None
    variant: str = ""


ClassifierFactory = Callable[[ClassifierRequest], Classifier]
"""What a classifier card's `factory` names."""


Reader = Callable[[Path], Listing] | Callable[[Path, str], Listing]
"""What a dataset card's `reader` names: lists the files below a folder, and raises DatasetError if it cannot. Of a card
with splits it is given the split's name, too."""


@dataclass(frozen=True)
class Metric:
    """A pure function of two images, and how to read its value.

    Attributes:
        name: As used on the command line and as a column.
        function: (sr, hr) to a number; both uint8 or float64, (C, H, W), 0…255. May raise UndefinedMetricError.
        formula: The same, of a `srbench.metrics.comparison.Comparison`, so that metrics share what they have in common.
        unit: `dB`, `8-bit levels`, or empty for a pure number.
        higher_is_better: Which way tables sort.
        decimals: Digits after the point in tables for people; files keep six.
        summary: One line for `srbench list metrics`.
    """

    name: str
    function: Callable[[NDArray[Any], NDArray[Any]], float]
    formula: Callable[[Any], float]
    unit: str
    higher_is_better: bool
    decimals: int
    summary: str

    @property
    def label(self) -> str:
        """The name as people write it, such as `MS-SSIM`."""
        return self.name.upper().replace("_", "-")

    @property
    def short_unit(self) -> str:
        """What follows a figure in a table: a space and dB, or nothing."""
        return " dB" if self.unit == "dB" else ""
