"""Paths of a run's saved images, such as `images/set5-x4/classic-y/edsr/baby.png`; HR images have their own folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from srbench.api import TRUTH
from srbench.runs.description import RunDescription
from srbench.runs.record import RecordKey

FOLDER = "images"
_LONGEST = 120
"""Bytes of the longest name; file systems allow 255, which leaves room for suffixes and names of partial files."""


@dataclass(frozen=True)
class Gallery:
    """Paths of a run's saved images, relative to the run folder; protocols that share their LR share the images.

    Attributes:
        shared: Name of the protocol whose folder holds the images, by the name of each protocol that uses them.
        places: File names of datasets and methods, by kind (`dataset`, `method`) and name.
        images: File names of images, by dataset and image id.
    """

    shared: Mapping[str, str]
    places: Mapping[tuple[str, str], str]
    images: Mapping[str, Mapping[str, str]]

    @staticmethod
    def of(run: RunDescription) -> Gallery:
        """Build the gallery of a run, with a path for every image that may be saved."""
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
        """Return the path of an upscaled image, relative to the run folder."""
        return self._file(key, key.method)

    def truth(self, key: RecordKey) -> str:
        """Return the path of the HR image that results are compared with, relative to the run folder."""
        return self._file(key, TRUTH)

    def _file(self, key: RecordKey, method: str) -> str:
        dataset, place = self.places["dataset", key.dataset], self.places["method", method]
        image = self.images[key.dataset][key.image]
        return f"{FOLDER}/{dataset}-x{key.scale}/{self.shared[key.protocol]}/{place}/{image}.png"


def file_names(names: Iterable[str]) -> dict[str, str]:
    """Return a file name for each name: valid on any file system, and distinct even where case is ignored."""
    found: dict[str, str] = {}
    for name in names:
        plain = "".join(letter if letter.isalnum() or letter in "-+@._" else "-" for letter in name.removeprefix("./"))
        taken = {other.lower() for other in found.values()}
        if not plain or len(plain.encode()) > _LONGEST or plain.startswith((".", "-")) or plain.lower() in taken:
            short = plain.encode()[:_LONGEST].decode(errors="ignore").strip(".-")
            plain = "-".join(filter(None, [short, hashlib.sha256(name.encode()).hexdigest()[:8]]))
        found[name] = plain
    return found
