"""Where a run's saved images lie: `images/set5-x4/classic-y/edsr/baby.png`, HR beside the methods."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from srbench.api import TRUTH
from srbench.runs.description import RunDescription
from srbench.runs.record import RecordKey

FOLDER = "images"
"""Of a run folder."""

_LONGEST = 120
"""Bytes of a name, of the 255 that file systems allow: suffixes and partial names come on top."""


@dataclass(frozen=True)
class Gallery:
    """The files of a run's images, relative to its folder; protocols that share their LR share the images.

    Attributes:
        shared: By protocol, the one whose folder holds its images.
        places: By kind (`dataset`, `method`) and name, a name for files.
        images: Likewise of a dataset's images, by dataset.
    """

    shared: Mapping[str, str]
    places: Mapping[tuple[str, str], str]
    images: Mapping[str, Mapping[str, str]]

    @staticmethod
    def of(run: RunDescription) -> Gallery:
        """The gallery of a run."""
        first: dict[str, str] = {}
        shared = {
            name: first.setdefault(json.dumps([one.rules["degradation"], one.rules["grey"]]), name)
            for name, one in run.protocols.items()
        }
        methods = file_names([TRUTH, *run.plan.methods])
        datasets = file_names(run.plan.datasets)
        places = {("method", name): place for name, place in methods.items()}
        places |= {("dataset", name): place for name, place in datasets.items()}
        images = {name: file_names(one.images) for name, one in run.datasets.items()}
        return Gallery(shared, places, images)

    def result(self, key: RecordKey) -> str:
        """The file of an upscaled image."""
        return self._file(key, key.method)

    def truth(self, key: RecordKey) -> str:
        """The file of what it is compared with."""
        return self._file(key, TRUTH)

    def _file(self, key: RecordKey, method: str) -> str:
        dataset, place = self.places["dataset", key.dataset], self.places["method", method]
        image = self.images[key.dataset][key.image]
        return f"{FOLDER}/{dataset}-x{key.scale}/{self.shared[key.protocol]}/{place}/{image}.png"


def file_names(names: Iterable[str]) -> dict[str, str]:
    """Names that any file system takes, different also where it does not tell capitals from small letters."""
    found: dict[str, str] = {}
    for name in names:
        plain = "".join(letter if letter.isalnum() or letter in "-+@._" else "-" for letter in name.removeprefix("./"))
        taken = {other.lower() for other in found.values()}
        if len(plain.encode()) > _LONGEST or plain.startswith((".", "-")) or plain.lower() in taken:
            short = plain.encode()[:_LONGEST].decode(errors="ignore").strip(".-")
            plain = "-".join(filter(None, [short, hashlib.sha256(name.encode()).hexdigest()[:8]]))
        found[name] = plain
    return found
