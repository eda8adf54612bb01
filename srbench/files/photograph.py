"""Photographs with their colour profile, EXIF data and transparency."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import ExifTags
from PIL import Image as Pil

from srbench.api import Image
from srbench.errors import ImageError
from srbench.files.atomic import atomic_write
from srbench.files.codec import GREY_MODES, content_of, planar, upright

WRITABLE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff"})
"""Suffixes of formats that store all parts of a `Photograph`, except that JPEG has no transparency."""


@dataclass(frozen=True)
class Photograph:
    """An image with the metadata of its file.

    Attributes:
        image: Pixels: uint8, (3, H, W) RGB or (1, H, W) grey, upright.
        alpha: Opacity: uint8, (1, H, W), 255 for opaque; None without transparency.
        profile: ICC profile; None without one.
        exif: EXIF data without the orientation, which is already applied; may be empty.
    """

    image: Image
    alpha: Image | None = None
    profile: bytes | None = None
    exif: bytes = b""


def read_photograph(path: str | os.PathLike[str]) -> Photograph:
    """Decode an image file as `read_image` does, with its transparency, colour profile and EXIF data.

    Raises:
        ImageError: See `read_image`; transparent pixels are allowed.
    """
    path = Path(path)
    with upright(path, content_of(path)) as (picture, _):
        alpha = None
        if picture.has_transparency_data:
            alpha = np.ascontiguousarray(np.asarray(picture.convert("RGBA"))[None, ..., 3])
        exif = picture.getexif()
        exif.pop(ExifTags.Base.Orientation, None)
        wanted = "L" if picture.mode in GREY_MODES else "RGB"
        # Through RGBA, because a palette's transparent entry has a colour too.
        opaque = picture.convert("RGBA") if alpha is not None else picture
        pixels = np.asarray(opaque if opaque.mode == wanted else opaque.convert(wanted))
        return Photograph(planar(pixels), alpha, picture.info.get("icc_profile"), exif.tobytes() if exif else b"")


def write_photograph(path: str | os.PathLike[str], photograph: Photograph) -> None:
    """Write an image with its transparency, profile and EXIF data atomically.

    PNG, WebP and TIFF are lossless; JPEG has quality 95 without chroma subsampling.

    Raises:
        ImageError: The suffix is not supported, JPEG is chosen with transparency, or the file cannot be written.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in WRITABLE_SUFFIXES:
        raise ImageError(
            f"{path}: cannot write {suffix or 'a file without a suffix'}; name it .png, .jpg, .webp or .tif"
        )
    planes = photograph.image if photograph.alpha is None else np.concatenate([photograph.image, photograph.alpha])
    if suffix in {".jpg", ".jpeg"} and photograph.alpha is not None:
        raise ImageError(f"{path}: JPEG has no transparency; name it .png, .webp or .tif")
    mode = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}[len(planes)]
    pixels = (
        np.ascontiguousarray(planes.transpose(1, 2, 0)).squeeze(2) if len(planes) == 1 else planes.transpose(1, 2, 0)
    )
    options: dict[str, Any] = {"icc_profile": photograph.profile} if photograph.profile else {}
    options |= {"exif": photograph.exif} if photograph.exif else {}
    options |= {"quality": 95, "subsampling": 0} if suffix in {".jpg", ".jpeg"} else {}
    options |= {"lossless": True} if suffix == ".webp" else {}
    kind = {".jpg": "JPEG", ".jpeg": "JPEG", ".tif": "TIFF", ".tiff": "TIFF"}.get(suffix, suffix[1:].upper())
    try:
        with atomic_write(path) as partial:
            Pil.fromarray(np.ascontiguousarray(pixels), mode=mode).save(partial, format=kind, **options)
    except (OSError, ValueError) as error:
        raise ImageError(f"{path}: cannot be written ({getattr(error, 'strerror', None) or error})") from error
