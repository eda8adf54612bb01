"""Decoding and encoding of image files.

An image is a C-contiguous uint8 array of shape (C, H, W): C = 3 for RGB, C = 1 for a grey file. Grey stays one plane
until the protocol converts it (`to_rgb` repeats it three times).
"""

import hashlib
import io
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pil
from PIL import ImageOps, UnidentifiedImageError

from srbench.api import Image
from srbench.errors import ImageError
from srbench.files.atomic import atomic_write
from srbench.files.integrity import damage
from srbench.files.strict import strict

IMAGE_SUFFIXES = frozenset({".png", ".bmp", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".ppm", ".pgm"})
MAX_PIXELS = 150_000_000
"""Largest number of pixels of an image that is decoded: three times that of the largest in DIV8K (7680 × 6192)."""

GREY_MODES = frozenset({"1", "L", "LA"})
_RGB_MODES = frozenset({"RGB", "RGBA", "P", "PA"})
_FORMATS = ("PNG", "BMP", "JPEG", "WEBP", "TIFF", "PPM")
"""Pillow's names of the formats that are decoded, whatever a file's suffix; Pillow itself knows many more."""

_COMPRESSION, _PHOTOMETRIC, _BITS, _SAMPLE_FORMAT = 259, 262, 258, 339  # tags of a TIFF


def read_image(path: str | os.PathLike[str]) -> Image:
    """Decode an 8-bit image file that Pillow supports, and apply its EXIF orientation.

    An opaque alpha channel is dropped and a palette is looked up, which changes no pixel. Images without a unique
    8-bit RGB form are refused: 16-bit, signed and float samples, CMYK, transparent pixels, animations, several pages.

    Returns:
        uint8, (3, H, W) in RGB, or (1, H, W) for a grey file.

    Raises:
        ImageError: The file is missing, empty, damaged, not an image, too large, or of a refused kind.
    """
    return read_with_warnings(path)[0]


def read_with_warnings(path: str | os.PathLike[str]) -> tuple[Image, tuple[str, ...]]:
    """Decode an image file as `read_image` does, and describe what makes its pixels doubtful, such as a wrong checksum.

    Raises:
        ImageError: See `read_image`.
    """
    path = Path(path)
    with upright(path, content_of(path)) as (picture, found):
        return planar(checked_pixels(picture, path)), found


class IdentifiedImage(NamedTuple):
    """A decoded file.

    Attributes:
        image: Pixels: uint8, (C, H, W).
        sha256: Their `pixel_sha256`.
        warnings: What makes the pixels doubtful; usually nothing.
        file_sha256: sha256 of the bytes that were decoded.
    """

    image: Image
    sha256: str
    warnings: tuple[str, ...]
    file_sha256: str


def read_identified(path: str | os.PathLike[str]) -> IdentifiedImage:
    """Decode an image file and hash its pixels, faster than two separate calls.

    Raises:
        ImageError: See `read_image`.
    """
    path = Path(path)
    content = content_of(path)
    with upright(path, content) as (picture, found):
        pixels = checked_pixels(picture, path)
    return IdentifiedImage(planar(pixels), _pixels_sha256(pixels), found, hashlib.sha256(content).hexdigest())


def content_of(path: Path) -> bytes:
    """Read a file at once, so that a change meanwhile cannot give other pixels than those that were hashed."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise ImageError(f"{path}: no such image file; check the path") from None
    except (OSError, ValueError) as error:
        raise ImageError(f"{path}: damaged or unreadable image ({error}); replace the file") from error


@contextmanager
def upright(path: Path, content: bytes) -> Iterator[tuple[Pil.Image, tuple[str, ...]]]:
    """Decode a file's content and apply its EXIF orientation; exceptions in the `with` block become ImageErrors.

    Yields:
        The image, and warnings about its file.
    """
    try:
        with strict(), Pil.open(io.BytesIO(content), formats=_FORMATS) as file:
            _refuse_unreadable(file, path)
            found = _several(file, path)
            picture = ImageOps.exif_transpose(file)
            yield picture, (*found, *damage(file, content))
    except ImageError:
        raise
    except UnidentifiedImageError:
        kind = "not an image that can be decoded" if content else "empty file"
        raise ImageError(f"{path}: {kind}; expected PNG, BMP, JPEG, WebP, TIFF or PPM") from None
    except (OSError, SyntaxError, ValueError, Warning) as error:
        # Pillow raises the first three for damaged data, SyntaxError for a broken PNG chunk; and it warns of damaged
        # EXIF data, which raises where the user's settings say so.
        raise ImageError(f"{path}: damaged or unreadable image ({error}); replace the file") from error


def _refuse_unreadable(file: Pil.Image, path: Path) -> None:
    """Refuse, by the header alone, images that are too large or have no unique 8-bit form."""
    if file.width * file.height > MAX_PIXELS:
        raise ImageError(f"{path}: {file.width}×{file.height} exceeds {MAX_PIXELS:,} pixels (a bomb?); shrink it first")
    # Pillow opens a 16-bit RGB file as mode RGB and drops the low bytes; only the raw mode shows it.
    raw_modes = [str(tile[3]) for tile in getattr(file, "tile", [])]
    # The raw mode of a PPM states its largest sample, ("RGB", 65535); Pillow rescales any other than 255.
    rescaled = file.format == "PPM" and any(re.search(r", (?!255\))\d+\)", mode) for mode in raw_modes)
    tags = getattr(file, "tag_v2", {})
    # Of a TIFF with separate planes, or signed samples, Pillow reads the bytes as if they were 8-bit and unsigned.
    odd = any(bits > 8 for bits in _values(tags, _BITS)) or any(kind != 1 for kind in _values(tags, _SAMPLE_FORMAT))
    if file.mode.startswith(("I", "F")) or rescaled or odd or any(";16" in mode for mode in raw_modes):
        raise ImageError(f"{path}: samples are not 8-bit; srbench reads 8-bit images; convert the file first")
    # A TIFF's own YCbCr, unlike JPEG's inside a TIFF, is converted by whichever library decompresses it.
    own = _values(tags, _PHOTOMETRIC) == (6,) and _values(tags, _COMPRESSION) not in ((6,), (7,))
    mode = "YCbCr" if own else file.mode
    if mode not in GREY_MODES | _RGB_MODES:
        raise ImageError(f"{path}: colour mode {mode} has no unique RGB form; convert the file to RGB first")


def _values(tags: Mapping[int, Any], tag: int) -> tuple[int, ...]:
    """Values of a TIFF's tag; empty without it."""
    found = tags.get(tag, ())
    return found if isinstance(found, tuple) else (found,)


def _several(file: Pil.Image, path: Path) -> tuple[str, ...]:
    """Refuse an animation or several pages; warn of a camera's file of several JPEGs, whose first is the photograph."""
    if not getattr(file, "is_animated", False):  # Pillow's word for pages, too; it counts them only by reading them all
        return ()
    if file.format != "MPO":
        raise ImageError(f"{path}: holds several frames or pages; srbench reads single images; save the one you mean")
    return (f"the first of {getattr(file, 'n_frames', 'several')} pictures in one file",)


def checked_pixels(upright: Pil.Image, path: Path) -> NDArray[np.uint8]:
    """Return grey pixels as (H, W), all others as (H, W, 3), uint8; raise ImageError for transparent pixels."""
    grey = upright.mode in GREY_MODES
    if upright.has_transparency_data:
        alpha = np.asarray(upright.convert("RGBA"))[..., 3]
        if alpha.min() < 255:
            raise ImageError(f"{path}: has transparent pixels; flatten the image onto a background first")
    wanted = "L" if grey else "RGB"
    return np.asarray(upright if upright.mode == wanted else upright.convert(wanted))


def planar(pixels: NDArray[np.uint8]) -> Image:
    """Rearrange pixels of shape (H, W, 3), or (H, W) for grey, to (C, H, W)."""
    return np.ascontiguousarray(pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1))


def write_image(path: str | os.PathLike[str], image: Image) -> None:
    """Write an image, uint8, (3, H, W) RGB or (1, H, W) grey, atomically as PNG, which is lossless.

    Raises:
        ImageError: The suffix is not `.png`, the array is not an image, or the file cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() != ".png":
        raise ImageError(f"{path}: results are written as .png, which is lossless; end the file name in .png")
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[0] not in (1, 3):
        raise ImageError(f"{path}: cannot write {image.dtype} {image.shape}; expected uint8 (3, H, W) or (1, H, W)")
    pixels = image[0] if image.shape[0] == 1 else np.ascontiguousarray(image.transpose(1, 2, 0))
    try:
        with atomic_write(path) as partial:
            Pil.fromarray(pixels).save(partial, format="PNG")
    except OSError as error:
        raise ImageError(f"{path}: cannot be written ({error.strerror or error})") from error


def to_rgb(image: Image) -> Image:
    """Repeat a grey plane three times; RGB is unchanged. From uint8, (3, H, W) or (1, H, W), to uint8, (3, H, W)."""
    return image if image.shape[0] == 3 else np.repeat(image, 3, axis=0)


def pixel_sha256(image: Image) -> str:
    r"""Return the hash of an image, uint8, (C, H, W), independent of the file format: 64 hexadecimal digits.

    The hash covers the text ``{width}x{height}x{channels}\n``, then the samples row by row, channels interleaved.
    """
    return _pixels_sha256(image[0] if len(image) == 1 else image.transpose(1, 2, 0))


def _pixels_sha256(pixels: NDArray[np.uint8]) -> str:
    height, width, *channels = pixels.shape
    digest = hashlib.sha256(f"{width}x{height}x{channels[0] if channels else 1}\n".encode())
    digest.update(np.ascontiguousarray(pixels).data)
    return digest.hexdigest()
