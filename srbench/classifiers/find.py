"""Requested classifiers: a card, optionally with a variant and the user's own weight file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from srbench.api import Classifier, ClassifierFactory, ClassifierRequest
from srbench.cards import ClassifierCard, Entry, Registry, load_target
from srbench.errors import MethodError, RequestError, WeightsError
from srbench.files import (
    combine,
    existing_files,
    expanded,
    file_sha256,
    installed_version,
    library_versions,
    module_sha256,
    numbers_code,
)
from srbench.isolation import isolated


@dataclass(frozen=True)
class ChosenClassifier:
    """A card's classifier, ready to be built.

    Attributes:
        entry: The card.
        variant: Text after the colon of the requested name, such as `resnet50` in `timm:resnet50`; may be empty.
        own: The user's weight file, or None.
    """

    entry: Entry[ClassifierCard]
    variant: str = ""
    own: Path | None = None

    @property
    def name(self) -> str:
        """Name in tables, such as `timm:resnet50`; a folder after the colon is shortened to its name."""
        card, folder = self.entry.card, self._folder
        if not self.variant:
            return card.name
        return f"{card.name}:{folder.name if folder else self.variant}"

    @property
    def _folder(self) -> Path | None:
        """The variant if it is a folder, else None."""
        path = expanded(self.variant)
        return path.resolve() if self.variant and path.is_dir() else None

    def identity(self) -> str:
        """Return the hash of code, weights, variant (the text after the colon) and libraries, 16 hexadecimal digits.

        A variant that is a folder counts by its files, one that a library fetches by the library's version.
        """
        folder = self._folder
        return combine(
            pack=self.entry.pack.distribution,
            code=module_sha256(self.entry.card.factory.partition(":")[0]),
            engine=numbers_code(),
            weights=self._weights_sha256,
            variant={path.name: file_sha256(path) for path in sorted(folder.iterdir()) if path.is_file()}
            if folder
            else self.variant,
            libraries=library_versions()
            | {name: installed_version(name) for name in (self.entry.card.name, "torchvision")},
        )[:16]

    @property
    def _weights_sha256(self) -> str:
        card = self.entry.card
        return file_sha256(self.own) if self.own else card.weights.sha256 if card.weights else ""

    def describe(self) -> dict[str, Any]:
        """Return hash, weights hash and source of the classifier as a mapping, as stored in `run.json`."""
        return {"identity": self.identity(), "weights": self._weights_sha256, "source": self.entry.card.source}

    def build(self, device: str) -> Classifier:
        """Load the classifier on a torch device.

        Raises:
            SRBenchError: The weights are missing, altered or do not fit, or a package they need is not installed.
        """
        factory: ClassifierFactory = load_target(self.entry.card.factory, self.entry.pack.name)
        weights = self._weights()
        with isolated(MethodError, f"classifier {self.name} cannot be built:"):
            return factory(ClassifierRequest(device, weights, self.variant))

    def _weights(self) -> Path | None:
        shipped = self.entry.card.weights
        if self.own is not None or shipped is None:
            return self.own
        path = self.entry.path.parent / shipped.file
        if not path.is_file() or file_sha256(path) != shipped.sha256:
            raise WeightsError(
                f"{path.name}: missing, or its sha256 differs from its card's; reinstall {self.entry.pack.distribution}"
            )
        return path


def find_classifier(spec: str, cards: Registry, files: Mapping[str, Path]) -> ChosenClassifier:
    """Resolve a name such as `celeba-attributes` or `timm:resnet50`; `files` maps such names to weight files.

    Raises:
        UnknownNameError: No card has this name.
        RequestError: The text after the colon, or a weight file, is missing or unexpected.
    """
    name, colon, variant = spec.partition(":")
    entry = cards.classifier(name)
    wanted = entry.card.variants
    if wanted is None and colon:
        raise RequestError(f"classifier {name} has no variants; write {name} alone")
    if wanted is not None and not variant:
        raise RequestError(f"classifier {name} needs a variant: write {name}:X, with {wanted} in place of X")
    own = files.get(spec)
    if own is not None and wanted is not None:
        raise RequestError(f"{own}: classifier {spec} takes no weight file; leave the file out")
    return ChosenClassifier(entry, variant, own)


def find_classifiers(
    names: Sequence[str], weights: Mapping[str, Path | str], cards: Registry
) -> tuple[ChosenClassifier, ...]:
    """Resolve the names of classifiers; `weights` maps names to weight files.

    Raises:
        UnknownNameError: No card has one of the names.
        RequestError: A weight file is missing or of no such classifier, or text after a colon is missing or unexpected.
    """
    asked = tuple(names)
    if not all(isinstance(name, str) for name in asked):
        raise RequestError("a classifier is a name, such as celeba-attributes; install a pack with a card for your own")
    for name in weights:
        if name not in asked:
            raise RequestError(
                f"weights for {name!r}, which is not among the classifiers ({', '.join(asked) or 'none'}); add it"
            )
    files = {name: files[0] for name, files in existing_files(dict(weights)).items()}
    return tuple(find_classifier(name, cards, files) for name in asked)
