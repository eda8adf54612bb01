"""Methods declared by a card."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from srbench.api import BuildRequest, Colour, Inference, Producer, Scales, Upscaler, UpscalerFactory, VariantInfo
from srbench.cards import Entry, MethodCard, WeightsEntry, load_target
from srbench.errors import MethodError, WeightsError
from srbench.files import WeightFile, combine, expanded, file_identity, module_sha256
from srbench.isolation import isolated
from srbench.methods.runtimes.attach import attach
from srbench.methods.sources.producer import upscaling_producer


@dataclass(frozen=True)
class CardMethod:
    """A method declared by a card.

    Attributes:
        entry: The card with its pack.
        weights_name: Name of the weights after `@`; None for the default weights.
        given: The user's copies of the card's files, by scale.
        own: The user's own weight file, under a name that is not on the card; None to use the card's files.
        variant: Text after the colon in `name:variant`; empty if none.
        place: Hash of the path of the user's weight or variant file, to distinguish files of the same name.
    """

    entry: Entry[MethodCard]
    weights_name: str | None = None
    given: Mapping[int, Path] = field(default_factory=dict)
    own: Path | None = None
    variant: str = ""
    place: str = ""
    _failures: dict[str, WeightsError] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def name(self) -> str:
        """The card's name, with `@weights` or `:variant` if requested; a variant that is a file shows its file name."""
        if self.variant:
            file = self._variant_file
            return f"{self.entry.card.name}:{file.name if file else self.variant}"
        return f"{self.entry.card.name}@{self.weights_name}" if self.weights_name else self.entry.card.name

    @property
    def colour(self) -> Colour:
        """Planes that the method upscales, of the variant or from the card."""
        return self.described.colour if self.described else self.entry.card.colour

    @cached_property
    def described(self) -> VariantInfo | None:
        """What the card's `describe` says of the variant; None if the card has none.

        Raises:
            SRBenchError: The variant, such as a file, cannot be used.
        """
        card = self.entry.card
        if card.describe is None:
            return None
        describe = load_target(card.describe, self.entry.pack.name)
        with isolated(MethodError, "cannot be described:"):
            found = describe(self.variant)
            if not isinstance(found, VariantInfo):
                raise TypeError(f"{card.describe} returned {type(found).__name__}, expected a VariantInfo")
            return found

    @property
    def _variant_file(self) -> Path | None:
        """Path of the variant if it is a file, else None."""
        path = expanded(self.variant)
        return path if self.variant and path.is_file() else None

    def receptive_radius(self, scale: int) -> int | None:
        """Return the radius of the weights, else the card, in LR pixels; None for a user's own weights."""
        entry = self.weights(scale)
        if self.described:
            return self.described.receptive_radius
        if self.own is not None:
            return None
        of_weights = None if entry is None else entry.receptive_radius
        return self.entry.card.receptive_radius if of_weights is None else of_weights

    @property
    def scales(self) -> Scales:
        """Scales of the chosen weights; without a choice, or for a user's own weights, the card's scales."""
        if self.described:
            return self.described.scales
        named = {item.scale for item in self.entry.card.weights if item.name == self.weights_name}
        return tuple(sorted(named)) if named else self.entry.card.scales

    def weights(self, scale: int) -> WeightsEntry | None:
        """Return the card's weights for a scale; None if the card lists none."""
        for item in self.entry.card.weights:
            if item.scale == scale and self.weights_name in (None, item.name):
                return item
        return None

    def ready(self, scale: int) -> bool:
        """Return whether the method can be loaded without a download."""
        entry = self.weights(scale)
        return entry is None or self._file(entry).here

    def identity(self, scale: int) -> Mapping[str, str]:
        """Return hashes of the pack, of the factory's code with all it may import, and of weights or variant.

        Weights of which the card has only the first digits of the hash are obtained for it; see `WeightFile.identity`.
        """
        weights = self.weights(scale)
        card = self.entry.card
        found = {
            "pack": self.entry.pack.distribution,
            "code": module_sha256(card.factory.partition(":")[0]),
            "card": combine(factory=card.factory, colour=card.colour)[:12],
        }
        if self.variant:
            file = self._variant_file
            if self.described and self.described.architecture:
                found["architecture"] = self.described.architecture
            return found | ({"weights": file_identity(file)} if file else {"variant": self.variant})
        if weights is not None:
            return found | {"weights": self._file(weights).identity()}
        return found | ({"weights": file_identity(self.own)} if self.own else {})

    def inference(self, scale: int, asked: Inference) -> Inference:
        """Return the requested settings, as far as the variant can run in them; without weights fp32 in torch."""
        if self.described:
            precision = asked.precision if asked.precision in self.described.precisions else "fp32"
            runtime = self.described.runtime if asked.runtime == "eager" else asked.runtime
            return replace(asked, precision=precision, runtime=runtime)
        return asked if self.weights(scale) or self.own or self.variant else Inference(asked.device)

    def build(self, scale: int, inference: Inference) -> Upscaler:
        """Obtain the weights, call the card's factory and return its upscaler.

        Raises:
            SRBenchError: The weights cannot be obtained, or the factory failed.
        """
        factory: UpscalerFactory = load_target(self.entry.card.factory, self.entry.pack.name)
        entry = self.weights(scale)
        weights = self._file(entry).obtain() if entry else self.own
        with isolated(MethodError, "cannot be built:"):
            upscaler = factory(BuildRequest(scale, inference.device, weights, self.variant))
            return attach(upscaler, self.inference(scale, inference))

    def open(self, scale: int, inference: Inference) -> Producer:
        """Build the upscaler; return a producer that checks each result for plausibility."""
        return upscaling_producer(self.build(scale, inference), self.colour, inference.device)

    def _file(self, entry: WeightsEntry) -> WeightFile:
        given = self.given.get(entry.scale)
        owner = self.entry.pack.distribution
        return WeightFile(entry, self.name, self.entry.path.parent, owner, given, self._failures)
