"""Four natural colour photographs shipped with scikit-image."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from srbench.api import Listing, Sample
from srbench.errors import DatasetError

__all__ = ["read"]

_FILES = ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg")


def read(_folder: Path) -> Listing:
    """List the photographs; the folder is unused, since an installed package holds them.

    Raises:
        DatasetError: scikit-image is not installed, or no longer ships the photographs.
    """
    spec = importlib.util.find_spec("skimage")
    if spec is None or spec.origin is None:
        raise DatasetError(
            "the bundled images come with scikit-image, which is not installed: pip install scikit-image"
        )
    data = Path(spec.origin).parent / "data"
    missing = [name for name in _FILES if not (data / name).is_file()]
    if missing:
        raise DatasetError(
            f"the installed scikit-image no longer ships {', '.join(missing)}; install scikit-image 0.26"
        )
    return Listing(tuple(Sample(Path(name).stem, data / name) for name in _FILES))
