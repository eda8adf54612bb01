"""A method that a card declares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from srbench.api import BuildRequest, Colour, UpscalerFactory
from srbench.cards import MethodCard, WeightsEntry
from srbench.errors import MethodError, SRBenchError, WeightsError, one_line
from srbench.fingerprint import code_sha256, file_sha256
from srbench.methods.method import Producer, Scales, upscaling_producer
from srbench.registry import Entry, load_target

__all__ = ["CardMethod"]


@dataclass(frozen=True)
class CardMethod:
    """A method declared by a card; `weights_name` is what follows `@`, None for the default."""

    entry: Entry[MethodCard]
    weights_name: str | None = None
    place: str = ""

    @property
    def name(self) -> str:
        """The card's name, with `@weights` where asked for."""
        return f"{self.entry.card.name}@{self.weights_name}" if self.weights_name else self.entry.card.name

    @property
    def colour(self) -> Colour:
        """The card's colour."""
        return self.entry.card.colour

    @property
    def scales(self) -> Scales:
        """The card's scales, or those of the chosen weights."""
        if self.weights_name is None:
            return self.entry.card.scales
        return tuple(sorted(item.scale for item in self.entry.card.weights if item.name == self.weights_name))

    def weights(self, scale: int) -> WeightsEntry | None:
        """The card's entry for this scale."""
        for item in self.entry.card.weights:
            if item.scale == scale and self.weights_name in (None, item.name):
                return item
        return None

    def identity(self, scale: int) -> Mapping[str, str]:
        """Hash of all sources of its pack, and the weights' sha256."""
        weights = self.weights(scale)
        found = {"pack": self.entry.pack.distribution, "code": code_sha256(self.entry.pack.folder)}
        return found | ({"weights": weights.sha256} if weights else {})

    def open(self, scale: int, device: str) -> Producer:
        """Verify the weights and build the upscaler."""
        card = self.entry.card
        factory: UpscalerFactory = load_target(card.factory, self.entry.pack.name)
        request = BuildRequest(scale, device, self._verified_weights(scale))
        try:
            upscaler = factory(request)
        except SRBenchError:
            raise
        except (Exception, SystemExit) as error:  # a pack is anyone's code
            raise MethodError(f"cannot be built: {one_line(error)}") from error
        return upscaling_producer(upscaler, card.colour, device)

    def _verified_weights(self, scale: int) -> Path | None:
        entry = self.weights(scale)
        if entry is None:
            return None
        path = self.entry.path.parent / entry.file
        if not path.is_file():
            raise WeightsError(f"{path.name}: no such weight file; reinstall {self.entry.pack.distribution}")
        if file_sha256(path) != entry.sha256:
            raise WeightsError(f"{path.name}: sha256 differs from its card's; reinstall {self.entry.pack.distribution}")
        return path
